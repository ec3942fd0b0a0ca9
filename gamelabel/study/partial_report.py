"""The report of a notebook that shows what it finds: some of its parts may have no data."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING

from gamelabel.study.recording import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class PartialReport(Report):
    """A `Report` that says in one sentence what has no data, and writes nothing for it."""

    def __init__(
        self, run_dir: str | Path, report_dir: str | Path, simulated: bool = False
    ) -> None:
        super().__init__(run_dir, report_dir, simulated)
        self._empty: set[str] = set()

    def save_figure(
        self,
        fig: Figure,
        name: str,
        caption: str = "",
        simulated: bool = False,
        data: Sized | None = None,
    ) -> Path | None:
        """Write a figure, unless there is nothing to show.

        Parameters
        ----------
        fig, name, caption, simulated
            See `Report.save_figure`.
        data : sized, optional
            What the figure shows. If it is empty, the figure is closed, whatever lines it has.

        Returns
        -------
        Path or None
            The file, or None if there is nothing to show.
        """
        path = None
        if data is None or len(data):
            path = super().save_figure(fig, name, caption, simulated)
        if path is None:
            import matplotlib.pyplot as plt

            plt.close(fig)
            self._say_empty(caption)
        return path

    def save_table(  # type: ignore[override]
        self, frame: DataFrame, name: str, caption: str = "", simulated: bool = False
    ) -> Path | None:
        """Write a table, unless it has no rows.

        Parameters
        ----------
        frame, name, caption, simulated
            See `Report.save_table`.

        Returns
        -------
        Path or None
            The file, or None if the table is empty.
        """
        if len(frame):
            return super().save_table(frame, name, caption, simulated)
        self._say_empty(caption)
        return None

    def shown(self, frame: DataFrame) -> DataFrame | None:
        """Return a table to be shown under a cell; None if it has no rows."""
        return frame if len(frame) else None

    def _say_empty(self, caption: str) -> None:
        """Say once that a figure, or the table beside it, has no data."""
        if caption not in self._empty:
            print(f"No data here for: {caption} (`gamelabel data fetch` gets what is public).")
        self._empty.add(caption)
