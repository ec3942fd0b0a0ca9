"""Published ratings of pictures: what GenEval's answers say is wrong, and sets that are absent."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gamelabel import sources
from gamelabel.readers.picture_ratings import (
    GENEVAL_ISSUES,
    missing_sets,
    read_geneval_judgements,
    read_ratings,
)
from tests.reliability.external_data import external_file

PROMPT = "a photo of two red cats and a dog"
ASKED = {"tag": "color_attr", "include": [{"class": "cat", "count": 2, "color": "red"}]}
ASKED["include"].append({"class": "dog", "count": 1, "color": "blue"})
RIGHT = {"count-0": 2, "count-1": 1, "color-0": "red|white", "color-1": "blue"}
RIGHT |= {"real-0": 3, "real-1": 3, "quality": 4}


def geneval(folder: Path, *answers: dict[str, object]) -> pd.DataFrame:
    columns = {f"Answer.task-{name}": [a.get(name) for a in answers] for name in RIGHT}
    picture = ["h"] * (len(answers) - 1) + ["alone"]
    frame = pd.DataFrame({"HITId": picture, "Input.caption": PROMPT, **columns})
    frame.to_csv(folder / "a.csv", index=False)
    (folder / "m.jsonl").write_text(json.dumps(ASKED | {"prompt": PROMPT}) + "\n")
    return read_geneval_judgements({"demo": folder / "a.csv"}, folder / "m.jsonl")


def test_issues_that_follow_from_answers(tmp_path: Path) -> None:
    read = geneval(
        tmp_path,
        RIGHT,
        RIGHT | {"count-1": 0, "color-1": None, "real-1": None},
        RIGHT | {"count-0": 5},
        RIGHT | {"color-1": "green"},
        RIGHT | {"real-0": 2},
        RIGHT,
    )
    assert read["category"].unique().tolist() == ["color attr"]
    assert len(read) == 5  # a picture that was judged once is left out
    assert read[list(GENEVAL_ISSUES)].to_numpy().tolist() == [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    ]


def test_what_was_not_asked_is_unknown(tmp_path: Path) -> None:
    nothing = {"quality": 1, "count-0": 0, "count-1": 0}
    read = geneval(tmp_path, nothing, nothing, nothing)
    assert read["missing object"].tolist() == [1, 1]
    assert read[list(GENEVAL_ISSUES[1:])].isna().all(axis=None)


def test_sets_that_are_not_here_have_columns_but_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    present, _ = read_ratings()
    monkeypatch.delenv("GAMELABEL_DATA", raising=False)
    for folder in ("SHARED_DATA", "DATA_CACHE"):
        monkeypatch.setattr(sources, folder, Path("/nowhere"))
    absent, missing = read_ratings()
    assert list(absent) == list(missing) and all(table.empty for table in absent.values())
    assert missing_sets(missing).count("tifa") == 2 and missing_sets({}) == ""
    for name, table in present.items():
        assert list(table.columns) == list(absent[name].columns)


def test_the_published_ratings() -> None:
    external_file("tifa", "human_annotations.json")
    external_file("geneval", "annotations_clip.csv")
    ratings, _ = read_ratings()
    assert len(ratings["tifa"]) == 1600 and ratings["tifa"]["faithfulness"].between(1, 5).all()
    judged = ratings["geneval"].groupby("picture").size()
    assert np.array_equal(judged.unique(), [5]) and len(judged) == 1200
