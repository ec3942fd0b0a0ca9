import json
from pathlib import Path

import pytest

from gamelabel.readers import read_rankings
from tests.reliability.external_data import external_file


def record(**changes: object) -> dict:
    return {
        "id": "r1",
        "prompt": "a cat",
        "generations": ["x", "y", "z"],
        "ranking": [2, 1, 2],
        **changes,
    }


def write_rankings(folder: Path, content: object) -> Path:
    path = folder / "test.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_all_pairs_of_a_ranking_are_labels_and_equal_ranks_are_ties(tmp_path: Path) -> None:
    pairs, labels, _, rejected = read_rankings(write_rankings(tmp_path, [record()]))
    assert labels.set_index("pair_id").choice.to_dict() == {
        "r1-0-1": "b",
        "r1-0-2": "tie",
        "r1-1-2": "a",
    }
    assert (pairs.prompt == "a cat").all() and pairs.prompt_id.unique().tolist() == ["r1"]
    assert labels.player_id.isna().all() and pairs.image_a.isna().all() and len(rejected) == 0


INVALID = {
    "ranking is not a list of whole numbers": {"ranking": [1, 2.5, 3]},
    "generations is not a list of 3, the number of ranks": {"generations": ["x", "y"]},
    "prompt is not text": {"prompt": None},
    "id is empty": {"id": ""},
    "id occurred before": {"id": "r0"},
}


@pytest.mark.parametrize("expected", INVALID)
def test_an_invalid_record_is_rejected(expected: str, tmp_path: Path) -> None:
    pairs, labels, _, rejected = read_rankings(
        write_rankings(tmp_path, [record(id="r0"), record(**INVALID[expected]), record(id="r2")])
    )
    assert len(pairs) == len(labels) == 6
    assert [f"{r.row} {r.column} {r.reason}" for r in rejected.itertuples()] == [f"1 {expected}"]


def test_a_wrong_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"such as ImageReward's test\.json"):
        read_rankings(tmp_path / "none.json")
    with pytest.raises(ValueError, match="is not JSON in UTF-8"):
        read_rankings(write_rankings(tmp_path, '[{"id": '))
    with pytest.raises(ValueError, match="is not a list"):
        read_rankings(write_rankings(tmp_path, {"id": 1}))
    assert (
        read_rankings(write_rankings(tmp_path, ["x"]))
        .rejected.reason[0]
        .startswith("is not a record")
    )


def test_the_published_rankings() -> None:
    pairs, labels, _, rejected = read_rankings(external_file("imagereward", "test.json"))
    assert len(rejected) == 0 and pairs.prompt_id.nunique() == 465
    assert (
        7_190 < len(labels) < 7_230
    )  # the whole file, of one record more, has 7,230, of which 831 are ties
    assert (labels.choice == "tie").mean() == pytest.approx(0.115, abs=0.002)
