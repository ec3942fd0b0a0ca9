"""Outside data for tests: read where it is at hand, the test skipped with the reason where it is not."""

from pathlib import Path

import pandas as pd
import pytest

from gamelabel.sources import DataNotFound, data_file


def outside(key: str, name: str) -> Path:
    """The path of a file of an outside set, without the network."""
    try:
        return data_file(key, name, download=False)
    except DataNotFound as reason:
        pytest.skip(str(reason))


def crowd_set(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Labels `task, worker, label` and gold `task, label` of a real crowd."""
    labels = pd.read_csv(outside("crowd_labels", f"{name}/label.csv")).rename(
        columns={"item": "task"}
    )
    gold = pd.read_csv(outside("crowd_labels", f"{name}/truth.csv")).set_axis(
        ["task", "label"], axis=1
    )
    return labels, gold
