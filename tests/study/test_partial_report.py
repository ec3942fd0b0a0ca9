from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from gamelabel.study import PartialReport

FETCH = "(`gamelabel data fetch` gets what is public)."


@pytest.fixture
def report(tmp_path: Path) -> PartialReport:
    return PartialReport(tmp_path / "run", tmp_path / "report")


def test_a_part_without_data_is_one_sentence(
    report: PartialReport, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = pd.DataFrame({"x": []})
    assert report.save_table(empty, "ages", "Ages") is None
    fig, ax = plt.subplots()
    ax.axvline(0.0)  # a line to compare with is no data
    assert report.save_figure(fig, "ages", "Ages", data=empty) is None
    assert not plt.fignum_exists(fig.number), "the notebook does not show it either"
    assert report.shown(empty) is None
    assert capsys.readouterr().out == f"No data here for: Ages {FETCH}\n"
    assert not list(report.report_dir.rglob("*.*"))


def test_axes_without_anything_need_no_data(
    report: PartialReport, capsys: pytest.CaptureFixture[str]
) -> None:
    fig, _ = plt.subplots()
    assert report.save_figure(fig, "nothing", "Nothing") is None
    assert capsys.readouterr().out == f"No data here for: Nothing {FETCH}\n"


def test_a_part_with_data_is_written(
    report: PartialReport, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"x": [1, 2]})
    assert report.save_table(frame, "ages", "Ages").read_text() == "x\n1\n2\n"
    fig, ax = plt.subplots()
    ax.plot([1, 2])
    assert report.save_figure(fig, "ages", "Ages", data=frame).exists()
    assert report.shown(frame) is frame
    assert capsys.readouterr().out == ""
    plt.close(fig)
