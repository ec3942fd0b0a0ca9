"""Small studies for the tests: toy notebooks in place of the real ones."""

from pathlib import Path

import nbformat

from gamelabel.study.steps import STEPS, Step, Study

FOLDERS = (
    'run_dir = "../data/runs/alone"  # folder of the tables\n'
    'report_dir = "../reports/alone"  # folder of the report'
)
START = (
    "from pathlib import Path\nimport pandas as pd\nfrom gamelabel import study\n"
    "run, report = Path(run_dir), study.Report(run_dir, report_dir)"
)


def write_notebook(path: Path, parameters: str, *cells: str, title: str = "A toy") -> Path:
    """Write a notebook with a heading, a `parameters` cell and code cells."""
    notebook = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
    )
    notebook.cells = [nbformat.v4.new_markdown_cell(f"# {title}")]
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in (parameters, *cells)]
    notebook.cells[1].metadata["tags"] = ["parameters"]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"{path.stem.replace('_', '-')}-{number}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def toy_study(root: Path, steps: tuple[Step, ...] = STEPS, **notebooks: tuple[str, ...]) -> Study:
    """Make a project with a profile `smoke` and a notebook for each step.

    notebooks: `_01_prompts` -> the source of the parameters, then of each code cell.
    """
    (root / "notebooks" / "profiles").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "notebooks" / "profiles" / "smoke.yaml").write_text("seed: 3\n")
    for name, (parameters, *cells) in notebooks.items():
        write_notebook(
            root / "notebooks" / f"{name.lstrip('_')}.ipynb",
            parameters,
            *cells,
            title=f"Toy {name}",
        )
    return Study(root, "smoke", steps)


PROMPTS = (
    f"{FOLDERS}\nseed = 0  # the root seed\nrows = 4  # how many prompts",
    START,
    'pd.DataFrame({"prompt_id": range(rows)}).to_parquet(run / "prompts.parquet")',
    'report.record("prompts_total", 100_000, n=rows)',
)
IMAGES = (
    FOLDERS,
    START,
    '(run / "images").mkdir(exist_ok=True)\n'
    'for name in "ab":\n    (run / "images" / f"{name}.png").write_text(name)',
    'for name in ("pairs", "adherence"):\n'
    '    pd.read_parquet(run / "prompts.parquet").to_parquet(run / f"{name}.parquet")',
)
LABELS = (
    f'{FOLDERS}\nlabel_source = "simulated"  # where labels come from\n'
    "broken = True  # whether the third cell raises",
    f'{START}\nreport = study.Report(run_dir, report_dir, simulated=label_source == "simulated")',
    'if broken:\n    raise RuntimeError("the labels are broken")',
    'pd.DataFrame({"source": ["simulated"] * 3}).to_parquet(run / "labels.parquet")\n'
    'pd.DataFrame({"player_id": ["p1"]}).to_parquet(run / "players.parquet")',
    'report.record("labels_players", 188, low=180, high=190, n=188)',
)
RELIABILITY = (
    FOLDERS,
    START,
    'labels = pd.read_parquet(run / "labels.parquet")\n'
    'report.save_table(labels, "kept", "Labels kept")\n'
    'labels.to_parquet(run / "preferences.parquet")',
    "import matplotlib.pyplot as plt\nfig, axes = plt.subplots(figsize=(3, 2))\naxes.plot([1, 2])",
    'report.save_figure(fig, "line", "A line")\n'
    'report.record("reliability_accuracy_mean", 0.9, low=0.88, high=0.92)',
)
