"""What a reader of outside labels hands back, and what is wrong with a row that it could not take."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class Reading(NamedTuple):
    """Tables read from outside: `pairs` and `labels` as in `TABLES`; `rejected`, a row for each bad cell.

    rejected: `row` (counted from 0 in the file, without its header), `column`, `reason`.
    """

    pairs: pd.DataFrame
    labels: pd.DataFrame
    rejected: pd.DataFrame


class Rejection(ValueError):
    """A row that cannot be taken: its faults are (column, reason)."""

    def __init__(self, *faults: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{column}: {reason}" for column, reason in faults))
        self.faults = faults


def rejections(faults: list[tuple[int, str, str]]) -> pd.DataFrame:
    """Faults (row, column, reason) as a frame, typed also where there are none."""
    return pd.DataFrame(faults, columns=["row", "column", "reason"]).astype(
        {"row": int, "column": str, "reason": str}
    )


def blank_labels(pair_id: list[str], choice: list[str], source: str) -> pd.DataFrame:
    """The table `labels` with what every source knows, the rest null; a choice's name is its pair's and a number."""
    frame = pd.DataFrame({"pair_id": pair_id, "choice": choice}, dtype=object)
    number = frame.groupby("pair_id").cumcount().astype(str)
    return pd.DataFrame(
        {
            "label_id": frame.pair_id + "-" + number if len(frame) else frame.pair_id,
            "player_id": None,
            "pair_id": frame.pair_id,
            "batch_id": None,
            "choice": frame.choice,
            "shown_left": None,
            "response_ms": None,
            "created_at": None,
            "source": source,
        },
        index=frame.index,
    )
