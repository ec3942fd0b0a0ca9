import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from gamelabel.figures.style import write_no_data
from gamelabel.reliability.estimate import Estimate
from gamelabel.study import Report, snake


@pytest.fixture(autouse=True)
def notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebook 4 is running."""
    monkeypatch.setenv("JPY_SESSION_NAME", "folder/04_reliability.ipynb")


@pytest.fixture
def report(tmp_path: Path) -> Report:
    (tmp_path / "run").mkdir()
    return Report(tmp_path / "run", str(tmp_path / "report"))


def write_labels(report: Report, *sources: str) -> None:
    pd.DataFrame({"source": sources}).to_parquet(report.run_dir / "labels.parquet")


def test_any_text_has_a_name() -> None:
    assert snake("DPO, fresh noise") == "dpo_fresh_noise"
    assert snake("pairs by reward, 3") == "pairs_by_reward_3"


def test_a_number_with_its_interval(report: Report) -> None:
    write_labels(report, "crowd")
    report.record(
        "share", np.float32(0.5), low=0.25, high=np.float64(0.75), n=np.int64(8), unit="of all"
    )
    expected = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8, "unit": "of all"}
    expected["warning"] = ""
    origin = {"source": "crowd", "cell": 0, "notebook": "04_reliability"}
    assert report.metrics() == {"share": expected | origin}


def test_an_estimate_brings_its_interval_and_count(report: Report) -> None:
    estimate = Estimate(0.5, 0.25, 0.75, 8).with_warning("2 clusters")
    report.record("share", estimate, unit="share")
    expected = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8, "warning": "2 clusters"}
    assert expected.items() <= report.metrics()["share"].items()


def test_what_is_not_finite_is_null_in_valid_json(report: Report) -> None:
    report.record("share", float("nan"), high=float("inf"))
    text = (report.run_dir / "records" / "04_reliability.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["metrics"]["share"]["value"] is None


@pytest.mark.parametrize("name", ["Share", "a-b", "../a", "", "1a"])
def test_a_bad_name(report: Report, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a result"):
        report.record(name, 1)
    with pytest.raises(ValueError, match="cannot name a result"):
        report.save_table(pd.DataFrame(), name)
    assert not report.report_dir.exists()


@pytest.mark.parametrize(
    ("sources", "marked"),
    [(["simulated"], True), (["crowd", "simulated"], True), (["game"], False)],
)
def test_simulated_labels_mark_tables_and_figures(
    report: Report, sources: list[str], marked: bool
) -> None:
    write_labels(report, *sources)
    figure = Figure()
    figure.subplots().plot([1, 2])
    report.save_figure(figure, "line")
    report.save_figure(figure, "line")
    assert [text.get_text() for text in figure.texts] == ["SIMULATED"] * marked
    for mark in figure.texts:  # above the figure, and so never over data
        assert mark.get_window_extent().y0 >= figure.bbox.y1
    path = report.save_table(pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="key")), "small")
    assert path.read_text() == ("key,a,label_source\nx,1,SIMULATED\n" if marked else "key,a\nx,1\n")


@pytest.mark.parametrize(
    ("notebook", "marked"), [("01_prompts", False), ("05_tuning", True), ("my_own", True)]
)
def test_only_what_rests_on_labels_is_marked(
    report: Report, monkeypatch: pytest.MonkeyPatch, notebook: str, marked: bool
) -> None:
    write_labels(report, "simulated")
    monkeypatch.setenv("JPY_SESSION_NAME", f"{notebook}.ipynb")
    report = Report(report.run_dir, report.report_dir)
    text = report.save_table(pd.DataFrame({"a": [1]}), "small").read_text()
    assert ("SIMULATED" in text) == marked


def test_several_sources_are_joined(report: Report) -> None:
    write_labels(report, "game", "crowd", "game")
    assert report.label_source == "crowd+game"


def test_the_labels_notebook_marks_what_it_simulates_before_there_are_labels(
    report: Report,
) -> None:
    assert report.label_source == ""
    assert Report(report.run_dir, report.report_dir, simulated=True).label_source == "simulated"


def test_a_simulation_is_marked_whatever_the_labels(report: Report) -> None:
    write_labels(report, "released")
    figure = Figure()
    figure.subplots().plot([1, 2])
    report.save_figure(figure, "line", simulated=True)
    path = report.save_table(pd.DataFrame({"a": [1]}), "small", simulated=True)
    report.save_table(pd.DataFrame({"a": [1]}), "other")
    assert [text.get_text() for text in figure.texts] == ["SIMULATED"]
    assert "SIMULATED" in path.read_text()
    records = json.loads((report.run_dir / "records/04_reliability.json").read_text())
    assert records["label_source"] == "released" and records["figures"]["line"]["simulated"]
    assert [records["tables"][name]["simulated"] for name in ("small", "other")] == [True, False]


def test_a_figure_without_data_is_not_kept(report: Report) -> None:
    figure = Figure()
    axes = figure.subplots(1, 2)
    for ax in axes:
        write_no_data(ax)
    assert report.save_figure(figure, "line") is None
    assert not report.report_dir.exists() and not (report.run_dir / "records").exists()
    axes[1].plot([1, 2])
    assert report.save_figure(figure, "line").exists()


def test_the_same_figure_gives_the_same_bytes(report: Report) -> None:
    def draw() -> bytes:
        figure = Figure(figsize=(2, 1))
        figure.subplots().plot([1, 3, 2])
        return report.save_figure(figure, "line").read_bytes()

    assert draw() == draw()
