"""Outside data for tests; a test is skipped, with the reason, where its data are missing."""

from pathlib import Path

import pandas as pd
import pytest

from gamelabel.sources import DataNotFound, data_file


def outside(key: str, name: str) -> Path:
    """Return the path of a file of an outside data set, without using the network."""
    try:
        return data_file(key, name, download=False)
    except DataNotFound as reason:
        pytest.skip(str(reason))


def crowd_set(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return labels `task, worker, label` and gold `task, label` of a real crowd."""
    labels = pd.read_csv(outside("crowd_labels", f"{name}/label.csv")).rename(
        columns={"item": "task"}
    )
    gold = pd.read_csv(outside("crowd_labels", f"{name}/truth.csv")).set_axis(
        ["task", "label"], axis=1
    )
    return labels, gold
