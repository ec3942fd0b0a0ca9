"""A pool of two models judged by people and scorers, from its tables or the game's database."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gamelabel.study import judged_pools
from gamelabel.study.judged_pools import judge_pool
from gamelabel.tables import LabelTables, write_table

MODELS = ("base beside tuned", "tuned beside base")


def pool(folder: Path) -> pd.DataFrame:
    """Write eight pairs of two models, and return labels that always take the tuned one."""
    ids = [f"p{i}" for i in range(8)]
    pairs = pd.DataFrame({"pair_id": ids, "prompt_id": ids, "prompt": "a red circle"})
    pairs = pairs.assign(kind="preference", seed_a=1, seed_b=1, model=np.resize(MODELS, 8))
    for side in "ab":
        pairs[f"image_{side}"] = [f"images/{name}-{side}.png" for name in ids]
    write_table(pairs.assign(gold=None), folder, "pairs")
    tuned = np.resize(["b", "a"], 8)
    labels = pd.DataFrame({"label_id": ids, "pair_id": ids, "choice": tuned, "player_id": "u"})
    labels = labels.assign(batch_id="b", shown_left="a", response_ms=900, source="game")
    return labels.assign(created_at=pd.Timestamp("2026-01-01", tz="UTC"))


def second_is_tuned(files: list[Path], prompts: list[str]) -> np.ndarray:
    """A scorer that prefers the base in every pair but the first."""
    tuned = [(file.stem[-1] == "b") == (int(file.stem[1]) % 2 == 0) for file in files]
    return np.array([float(not t) for t in tuned]) * [i != 0 for i in range(len(files))]


def test_people_stand_beside_the_scorers(tmp_path: Path) -> None:
    write_table(pool(tmp_path), tmp_path, "labels")
    judged = judge_pool(tmp_path, {"scorer": second_is_tuned}).set_index("judge")
    assert judged.value["people"] == 1.0
    assert judged.value["scorer"] == pytest.approx(0.5 / 8)
    assert judged.n.tolist() == [8, 8]
    assert (judged.low < judged.value).iloc[0]


def test_labels_of_a_pool_that_is_served_come_from_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = pool(tmp_path)
    (tmp_path / "game").mkdir()
    (tmp_path / "game/game.db").touch()
    read: list[str] = []

    def read_game_database(address: str, folder: Path) -> LabelTables:
        read.append(address)
        return LabelTables(pd.DataFrame(), labels, pd.DataFrame())

    monkeypatch.setattr(judged_pools, "read_game_database", read_game_database)
    assert judge_pool(tmp_path, {}).judge.tolist() == ["people"]
    assert read == [str(tmp_path / "game/game.db")]


def test_no_pool_is_no_row_and_a_pool_without_labels_an_error(tmp_path: Path) -> None:
    assert len(judge_pool("", {"scorer": second_is_tuned})) == 0
    pool(tmp_path)
    with pytest.raises(FileNotFoundError, match="has no labels: serve it with"):
        judge_pool(tmp_path, {})
