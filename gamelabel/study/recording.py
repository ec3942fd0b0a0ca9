"""Report numbers, figures and tables from a notebook, each linked to the cell that made it."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamelabel.files import write_text
from gamelabel.study.notebook_session import prepare_session, running_shell
from gamelabel.study.steps import check_report_dir

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from gamelabel.reliability.estimate import Estimate

_MARK = "SIMULATED"
_MARK_STYLE: dict[str, Any] = {
    "ha": "right",
    "va": "bottom",  # above the axes, never on them
    "color": "#b3261e",
    "fontsize": 8,
    "fontweight": "bold",
}


class Report:
    """The results of one notebook, kept for the report of the run.

    Every result is stored with the notebook and the cell that made it. If any label that the
    notebook's results rest on is simulated, its figures and tables are marked SIMULATED.

    Parameters
    ----------
    run_dir : str or Path
        The folder of the run's tables. Results are recorded in `records/` in it.
    report_dir : str or Path
        The folder of the run's report, which gets `figures/NAME.png` and `tables/NAME.csv`.
    simulated : bool
        Whether the results are simulated whatever labels the run has. By default, the table
        `labels` in `run_dir` decides.
    """

    def __init__(
        self, run_dir: str | Path, report_dir: str | Path, simulated: bool = False
    ) -> None:
        prepare_session()
        self.run_dir = Path(run_dir)
        self.report_dir = Path(report_dir)
        check_report_dir(self.report_dir)
        self._simulated = simulated
        # JupyterLab sets the variable for its kernels, and so does `gamelabel run`
        self.notebook = Path(os.environ.get("JPY_SESSION_NAME", "notebook")).stem

    @property
    def label_source(self) -> str:
        """Where the labels behind the results came from; "simulated" if any, empty if none.

        Otherwise the words of the column `source` of the table `labels`, joined by "+".
        """
        if self._simulated:
            return "simulated"
        table = self.run_dir / "labels.parquet"
        if not _rests_on_labels(self.notebook) or not table.exists():
            return ""
        from pyarrow import parquet

        sources = set(parquet.read_table(table, columns=["source"])["source"].unique().to_pylist())
        return "simulated" if "simulated" in sources else "+".join(sorted(sources))

    def record(
        self,
        name: str,
        value: float | Estimate,
        low: float | None = None,
        high: float | None = None,
        n: int | None = None,
        unit: str = "",
        source: str | None = None,
    ) -> None:
        """Keep one number under a name.

        Parameters
        ----------
        name : str
            The name, in snake_case; see `snake`.
        value : float or Estimate
            The number. An `Estimate` brings its interval, its count and its warning. A number that
            is not finite is kept as null.
        low, high : float, optional
            The ends of the 95 % interval.
        n : int, optional
            The number of units that the value rests on.
        unit : str
            The unit, in words.
        source : str, optional
            Where the data came from: simulated, released (GameLabel-10K itself), printed (computed
            from a paper's own tables), published (data of others), or own, crowd, game (the
            user's). By default, `label_source`.

        Raises
        ------
        ValueError
            If the name is not in snake_case.
        """
        warning = getattr(value, "warning", "")
        if isinstance(value, tuple):
            value, low, high, n = value
        entry = {
            "value": _finite(value),
            "low": _finite(low),
            "high": _finite(high),
            "n": None if n is None else int(n),
            "unit": unit,
            "warning": warning,
        }
        label_source = self.label_source
        entry |= {"source": source or label_source, "cell": _cell()}
        self._keep("metrics", name, entry, label_source)

    def save_figure(
        self, fig: Figure, name: str, caption: str = "", simulated: bool = False
    ) -> Path | None:
        """Write a figure to `figures/NAME.png` of the report.

        Parameters
        ----------
        fig : Figure
            The figure. If all of its axes are empty, nothing is written.
        name : str
            The name, in snake_case.
        caption : str
            What the figure shows.
        simulated : bool
            Whether it is simulated whatever labels the run has.

        Returns
        -------
        Path or None
            The file, or None if nothing was written.
        """
        if not any(ax.has_data() for ax in fig.axes):
            return None
        label_source = self.label_source
        simulated = simulated or label_source == "simulated"
        if simulated and not any(text.get_text() == _MARK for text in fig.texts):
            fig.text(0.995, 1.005, _MARK, **_MARK_STYLE)
        path = self._path("figures", name, ".png")
        fig.savefig(path, dpi=150, bbox_inches="tight", metadata={"Software": None})
        entry = {"caption": caption, "cell": _cell(), "simulated": simulated}
        self._keep("figures", name, entry, label_source)
        return path

    def save_table(
        self, frame: DataFrame, name: str, caption: str = "", simulated: bool = False
    ) -> Path:
        """Write a table to `tables/NAME.csv` of the report.

        Parameters
        ----------
        frame : DataFrame
            The table. A named index becomes a column.
        name : str
            The name, in snake_case.
        caption : str
            What the table shows.
        simulated : bool
            Whether it is simulated whatever labels the run has. A simulated table gets the column
            `label_source`.

        Returns
        -------
        Path
            The file.
        """
        label_source = self.label_source
        simulated = simulated or label_source == "simulated"
        if any(frame.index.names):
            frame = frame.reset_index()
        if simulated:
            frame = frame.assign(label_source=_MARK)
        path = self._path("tables", name, ".csv")
        frame.to_csv(path, index=False)
        entry = {"caption": caption, "cell": _cell(), "simulated": simulated}
        self._keep("tables", name, entry, label_source)
        return path

    def metrics(self) -> dict[str, dict[str, Any]]:
        """Return every number recorded so far in the run; see `read_metrics`."""
        return read_metrics(self.run_dir)

    def _path(self, folder: str, name: str, suffix: str) -> Path:
        _check_name(name)
        path = self.report_dir / folder / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _keep(self, kind: str, name: str, entry: dict[str, Any], label_source: str) -> None:
        _check_name(name)
        path = self.run_dir / "records" / f"{self.notebook}.json"
        records: dict[str, Any] = {"metrics": {}, "figures": {}, "tables": {}}
        if path.exists():
            records = json.loads(path.read_text(encoding="utf-8"))
        records["label_source"] = label_source
        records[kind][name] = entry
        write_text(path, json.dumps(records, indent=1) + "\n")


def read_metrics(run_dir: str | Path) -> dict[str, dict[str, Any]]:
    """Return every number recorded in a run.

    A dict of dicts: name -> value, low, high, n, unit, warning, source, notebook, cell.
    """
    metrics: dict[str, dict[str, Any]] = {}
    for path in sorted((Path(run_dir) / "records").glob("*.json")):
        for name, entry in json.loads(path.read_text(encoding="utf-8"))["metrics"].items():
            metrics[name] = {"warning": "", **entry, "notebook": path.stem}
    return metrics


def _rests_on_labels(notebook: str) -> bool:
    """Whether a notebook comes after the labels; one that is not a step of the study may do so."""
    from gamelabel.study.steps import STEPS, uses_labels

    return uses_labels(notebook) or notebook not in {step.name for step in STEPS}


def _cell() -> int:
    """Return the number of the running cell, as in In [n]; 0 outside a notebook."""
    shell = running_shell()
    # IPython counts up before the cell runs
    return shell.execution_count - 1 if shell is not None else 0


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(
            f"{name!r} cannot name a result: use lowercase letters, digits and underscores,"
            " and begin with a letter"
        )


def _finite(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    if float(value).is_integer() and not isinstance(value, float):
        return int(value)
    return float(value)
