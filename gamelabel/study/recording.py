"""What a notebook reports with: numbers, figures and tables, each with the notebook and the cell it came from.

Where they go is said by the notebook's own parameters `run_dir` and `report_dir`, so the same lines work in the study
and in a notebook opened alone.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

SIMULATED = "SIMULATED"
ALONE = {"run_dir": "../data/runs/alone", "report_dir": "../reports/alone"}
_SOURCES = {
    "gamelabel10k": "released",
    "database": "game",
    "csv": "crowd",
}  # 03's parameter -> the labels' column


def record(
    name: str,
    value: float,
    low: float | None = None,
    high: float | None = None,
    n: int | None = None,
    unit: str = "",
    source: str | None = None,
) -> None:
    """Keep one number of the study under a name: its value, an interval, how many it rests on, its unit.

    `source` says where the data came from (simulated, game, released, crowd) where that is not the source of the
    labels. A value that is not finite is kept as none. Raises ValueError for a name that is not snake_case.
    """
    here = _Here()
    entry = {
        "value": _number(value),
        "low": _number(low),
        "high": _number(high),
        "n": None if n is None else int(n),
    }
    here.keep(
        "metrics",
        name,
        {**entry, "unit": unit, "source": source or here.label_source, "cell": here.cell},
    )


def snake(text: str) -> str:
    """A name of the study in the form that `record` takes: "DPO, fresh noise" -> "dpo_fresh_noise"."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def save_figure(fig: Figure, name: str, caption: str = "") -> Path:
    """Write a figure to the report's `figures/NAME.png`, marked SIMULATED where its labels are; the path."""
    here = _Here()
    if here.simulated and not any(text.get_text() == SIMULATED for text in fig.texts):
        fig.text(
            0.995,
            0.995,
            SIMULATED,
            ha="right",
            va="top",
            color="#b3261e",
            fontsize=8,
            fontweight="bold",
        )
    path = here.place("figures", name, ".png")
    fig.savefig(path, dpi=150, bbox_inches="tight", metadata={"Software": None})
    here.keep("figures", name, {"caption": caption, "cell": here.cell, "simulated": here.simulated})
    return path


def save_table(frame: DataFrame, name: str, caption: str = "") -> Path:
    """Write a table to the report's `tables/NAME.csv`, marked SIMULATED where its labels are; the path.

    A named index becomes a column.
    """
    here = _Here()
    if any(frame.index.names):
        frame = frame.reset_index()
    if here.simulated:
        frame = frame.assign(label_source=SIMULATED)
    path = here.place("tables", name, ".csv")
    frame.to_csv(path, index=False)
    here.keep("tables", name, {"caption": caption, "cell": here.cell, "simulated": here.simulated})
    return path


def metrics(run_dir: str | Path | None = None) -> dict[str, dict[str, Any]]:
    """Every number recorded so far in the run, name -> value, low, high, n, unit, source, notebook, cell."""
    folder = Path(run_dir or _Here().run_dir) / "records"
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        for name, entry in json.loads(path.read_text())["metrics"].items():
            found[name] = {**entry, "notebook": path.stem}
    return found


class _Here:
    """The notebook that is running: its name, its folders, the number of its cell, the source of its labels."""

    def __init__(self) -> None:
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        names = shell.user_ns if shell is not None else vars(sys.modules["__main__"])
        self.run_dir = Path(names.get("run_dir", ALONE["run_dir"]))
        self.report_dir = Path(names.get("report_dir", ALONE["report_dir"]))
        self.cell = (
            shell.execution_count - 1 if shell is not None else 0
        )  # it counts on before a cell runs
        # the notebook's path: JupyterLab's server sets this for its kernels, and so does the runner
        self.name = Path(os.environ.get("JPY_SESSION_NAME", "notebook")).stem
        self.label_source = self._label_source(names.get("label_source"))

    @property
    def simulated(self) -> bool:
        return self.label_source == "simulated"

    def _label_source(self, stated: object) -> str:
        """Of the labels that this notebook's results rest on; simulated where any is, empty where there are none."""
        from gamelabel.study.steps import STEPS, uses_labels

        if stated == "simulated":
            return "simulated"
        known = self.name in {step.name for step in STEPS}
        table = self.run_dir / "labels.parquet"
        if (known and not uses_labels(self.name)) or not table.exists():
            return _SOURCES.get(str(stated), str(stated)) if stated else ""
        from pyarrow import parquet

        sources = set(parquet.read_table(table, columns=["source"])["source"].unique().to_pylist())
        return "simulated" if "simulated" in sources else "+".join(sorted(sources))

    def place(self, folder: str, name: str, suffix: str) -> Path:
        _check_name(name)
        path = self.report_dir / folder / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def keep(self, kind: str, name: str, entry: dict[str, Any]) -> None:
        from gamelabel.files import write_text

        _check_name(name)
        path = self.run_dir / "records" / f"{self.name}.json"
        kept = (
            json.loads(path.read_text())
            if path.exists()
            else {"metrics": {}, "figures": {}, "tables": {}}
        )
        kept["label_source"] = self.label_source
        kept[kind][name] = entry
        write_text(path, json.dumps(kept, indent=1) + "\n")


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(
            f"{name!r} is no name for a result: small letters, digits and underscores, a letter first"
        )


def _number(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    return (
        int(value) if float(value).is_integer() and not isinstance(value, float) else float(value)
    )
