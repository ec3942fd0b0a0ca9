"""Small studies for the tests: toy notebooks that take the places of the real six."""

from pathlib import Path

import nbformat

from gamelabel.study.steps import STEPS, Step, Study

FOLDERS = 'run_dir = "../data/runs/alone"  # where the tables lie\nreport_dir = "../reports/alone"  # where the report lies'
START = (
    "from pathlib import Path\nimport pandas as pd\nfrom gamelabel import study\n"
    "run, report = Path(run_dir), study.Report(run_dir, report_dir)"
)


def write_notebook(path: Path, parameters: str, *cells: str, title: str = "A toy") -> Path:
    """A notebook with a heading, a `parameters` cell and code cells, as the study's own are stored."""
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
    """A project folder with a `smoke` profile and notebooks: step (`_01_prompts`) -> parameters, then code cells."""
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
    '(run / "images").mkdir(exist_ok=True)\nfor name in "ab":\n    (run / "images" / f"{name}.png").write_text(name)',
    'for name in ("pairs", "adherence"):\n'
    '    pd.read_parquet(run / "prompts.parquet").to_parquet(run / f"{name}.parquet")',
)
LABELS = (
    f'{FOLDERS}\nlabel_source = "simulated"  # where labels come from\nbroken = True  # whether the third cell raises',
    f'{START}\nreport = study.Report(run_dir, report_dir, simulated=label_source == "simulated")',
    'if broken:\n    raise RuntimeError("the labels are torn")',
    'pd.DataFrame({"source": ["simulated"] * 3}).to_parquet(run / "labels.parquet")\n'
    'pd.DataFrame({"player_id": ["p1"]}).to_parquet(run / "players.parquet")',
    'report.record("labels_players", 188, low=180, high=190, n=188)',
)
RELIABILITY = (
    FOLDERS,
    START,
    'labels = pd.read_parquet(run / "labels.parquet")\nreport.save_table(labels, "kept", "Labels kept")\n'
    'labels.to_parquet(run / "preferences.parquet")',
    "import matplotlib.pyplot as plt\nfig, axes = plt.subplots(figsize=(3, 2))\naxes.plot([1, 2])",
    'report.save_figure(fig, "line", "A line")\nreport.record("reliability_accuracy_mean", 0.9, low=0.88, high=0.92)',
)
