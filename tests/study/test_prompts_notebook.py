"""Notebook 1 in an empty folder: prompts of the drawn world, and of a CSV file."""

from pathlib import Path

import pytest

from gamelabel.prompts import load_word_list
from gamelabel.tables import read_table
from tests.study.conftest import NO_DATA, RunNotebook

RECORDED = {"total", "kept", "share_kept", "share_kept_whole_word", "share_kept_substring"}


@pytest.mark.slow
def test_it_needs_no_data(tmp_path: Path, run_notebook: RunNotebook) -> None:
    run = run_notebook("01_prompts", NO_DATA, n_prompts=3000, planted=0.05)
    assert {f"prompts_{name}" for name in RECORDED} <= set(run.metrics)
    assert {entry["source"] for entry in run.metrics.values()} == {"simulated"}
    table = read_table(tmp_path / "run", "prompts")
    kept, whole_word = (
        run.metrics[f"prompts_share_kept{rule}"]["value"] for rule in ("", "_whole_word")
    )
    assert run.metrics["prompts_total"]["value"] == 3000
    assert 0.93 < kept < 0.97 and kept == whole_word
    assert set(table.corpus) == {"world"} and 0 < (~table.kept).sum() < 300
    assert (tmp_path / "report/figures/prompts_kept.png").stat().st_size > 5000
    shown = run.output + (tmp_path / "report/tables/prompts_survival.csv").read_text()
    assert not any(term in shown for term in table.matched.dropna() if len(term) > 5)


@pytest.mark.slow
def test_it_reads_a_csv_file(tmp_path: Path, run_notebook: RunNotebook) -> None:
    (tmp_path / "own.csv").write_text("text\na cat\na darn cat\na cat\ndarning\n\n")
    (tmp_path / "own.txt").write_text("darn\n")
    own = {"corpus": "own.csv", "csv_column": "text", "word_list": "own.txt"}
    run = run_notebook("01_prompts", NO_DATA, **own, rule="substring")
    assert run.metrics["prompts_kept"]["value"] == 2
    assert run.metrics["prompts_repeats"]["value"] == 1
    assert run.metrics["prompts_share_kept_whole_word"]["value"] == 0.75
    assert run.metrics["prompts_kept"]["source"] == "own"
    assert not [name for name in run.metrics if name.startswith("prompts_published")]
    assert "1 rows contained no prompt {'the row is empty'" in run.output


def test_the_innocent_words_of_the_text_contain_listed_terms() -> None:
    terms = load_word_list()
    assert all(any(term in word for term in terms) for word in ("illustration", "glass"))
