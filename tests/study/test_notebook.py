import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from gamelabel import study


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As in a notebook whose parameters name folders."""
    names = {"run_dir": "run", "report_dir": "report"}
    for name, folder in names.items():
        monkeypatch.setattr(sys.modules["__main__"], name, str(tmp_path / folder), raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", "folder/04_reliability.ipynb")
    (tmp_path / "run").mkdir()
    return tmp_path


def labels(folder: Path, *sources: str) -> None:
    pd.DataFrame({"source": sources}).to_parquet(folder / "run" / "labels.parquet")


def test_any_text_has_a_name() -> None:
    assert study.snake("DPO, fresh noise") == "dpo_fresh_noise"
    assert study.snake("pairs by reward, 3") == "pairs_by_reward_3"


def test_a_number_with_its_interval(folders: Path) -> None:
    labels(folders, "crowd")
    study.record(
        "share", np.float32(0.5), low=0.25, high=np.float64(0.75), n=np.int64(8), unit="of all"
    )
    expected = {
        "value": 0.5,
        "low": 0.25,
        "high": 0.75,
        "n": 8,
        "unit": "of all",
        "source": "crowd",
    }
    assert study.metrics()["share"] == {**expected, "cell": 0, "notebook": "04_reliability"}


def test_what_is_not_finite_is_none_in_valid_json(folders: Path) -> None:
    study.record("share", float("nan"), high=float("inf"))
    text = (folders / "run" / "records" / "04_reliability.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["metrics"]["share"]["value"] is None


@pytest.mark.parametrize("name", ["Share", "a-b", "../a", "", "1a"])
def test_a_bad_name(folders: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is no name for a result"):
        study.record(name, 1)
    with pytest.raises(ValueError, match="is no name for a result"):
        study.save_table(pd.DataFrame(), name)


@pytest.mark.parametrize(
    ("sources", "marked"),
    [(["simulated"], True), (["crowd", "simulated"], True), (["game"], False)],
)
def test_simulated_labels_mark_tables_and_figures(
    folders: Path, sources: list[str], marked: bool
) -> None:
    labels(folders, *sources)
    figure = Figure()
    study.save_figure(figure, "line")
    study.save_figure(figure, "line")
    assert [text.get_text() for text in figure.texts] == ["SIMULATED"] * marked
    path = study.save_table(pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="key")), "small")
    assert path.read_text() == ("key,a,label_source\nx,1,SIMULATED\n" if marked else "key,a\nx,1\n")


def test_a_step_before_the_labels_is_not_marked(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels(folders, "simulated")
    monkeypatch.setenv("JPY_SESSION_NAME", "01_prompts.ipynb")
    assert "SIMULATED" not in study.save_table(pd.DataFrame({"a": [1]}), "small").read_text()


def test_the_labels_notebook_says_its_source_itself(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "03_labels.ipynb")
    for stated, source in {"simulated": "simulated", "gamelabel10k": "released"}.items():
        monkeypatch.setattr(sys.modules["__main__"], "label_source", stated, raising=False)
        study.record("n", 1)
        assert study.metrics()["n"]["source"] == source


def test_the_same_figure_gives_the_same_bytes(folders: Path) -> None:
    def draw() -> bytes:
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([1, 3, 2])
        return study.save_figure(figure, "line").read_bytes()

    assert draw() == draw()
