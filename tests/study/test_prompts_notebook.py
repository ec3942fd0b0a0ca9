import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gamelabel.prompts import load_word_list
from gamelabel.tables import read_table

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks/01_prompts.ipynb"
RECORDED = {"total", "kept", "share_kept", "share_kept_whole_word", "share_kept_substring"}


def run(folder: Path, **parameters: object) -> tuple[str, dict]:
    """Run the notebook's cells as one program in an empty folder; its output and its metrics."""
    cells = [
        cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"
    ]
    code = ["".join(cell["source"]) for cell in cells]
    alone = "from pathlib import Path\nfrom gamelabel import sources\n"
    alone += "sources.SHARED_DATA = sources.DATA_CACHE = Path('nowhere')"
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    program = folder / "notebook.py"
    program.write_text(
        "\n".join([alone, code[0], f"run_dir, report_dir = 'run', 'report'\n{given}", *code[1:]])
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "agg",
        "JPY_SESSION_NAME": "01_prompts.ipynb",
    }
    environment.pop("GAMELABEL_DATA", None)
    done = subprocess.run(
        [sys.executable, program.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "run/records/01_prompts.json").read_text())["metrics"]


@pytest.mark.slow
def test_it_runs_with_nothing_at_hand(tmp_path: Path) -> None:
    said, metrics = run(tmp_path, n_prompts=3000, planted=0.05)
    assert {f"prompts_{name}" for name in RECORDED} <= set(metrics)
    assert {entry["source"] for entry in metrics.values()} == {"simulated"}
    table = read_table(tmp_path / "run", "prompts")
    assert metrics["prompts_total"]["value"] == 3000
    assert 0.93 < metrics["prompts_share_kept"]["value"] < 0.97
    assert (
        metrics["prompts_share_kept"]["value"] == metrics["prompts_share_kept_whole_word"]["value"]
    )
    assert set(table.corpus) == {"world"} and 0 < (~table.kept).sum() < 300
    assert (tmp_path / "report/figures/prompts_kept.png").stat().st_size > 5000
    shown = said + (tmp_path / "report/tables/prompts_survival.csv").read_text()
    assert not any(term in shown for term in table.matched.dropna() if len(term) > 5)


@pytest.mark.slow
def test_it_runs_on_a_csv(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("text\na cat\na darn cat\na cat\ndarning\n\n")
    (tmp_path / "own.txt").write_text("darn\n")
    said, metrics = run(
        tmp_path, corpus="own.csv", csv_column="text", word_list="own.txt", rule="substring"
    )
    assert metrics["prompts_kept"]["value"] == 2 and metrics["prompts_repeats"]["value"] == 1
    assert metrics["prompts_share_kept_whole_word"]["value"] == 0.75
    assert metrics["prompts_kept"]["source"] == "released"
    assert "1 rows gave no prompt {'the row is empty'" in said


def test_what_the_notebook_says_of_innocent_words() -> None:
    terms = load_word_list()
    assert all(any(term in word for term in terms) for word in ("illustration", "glass"))
