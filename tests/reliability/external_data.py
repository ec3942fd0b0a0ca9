"""Published data for tests; a test whose data are missing is skipped with the reason."""

from pathlib import Path

import pandas as pd
import pytest

from gamelabel.sources import DataNotFound, data_file


def external_file(key: str, name: str) -> Path:
    """Return the path of a file of a published data set without using the network."""
    try:
        return data_file(key, name, download=False)
    except DataNotFound as reason:
        pytest.skip(str(reason))


def real_crowd(name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the labels (task, worker, label) and gold (task, label) of a real crowd."""
    labels = pd.read_csv(external_file("crowd_labels", f"{name}/label.csv")).rename(
        columns={"item": "task"}
    )
    gold = pd.read_csv(external_file("crowd_labels", f"{name}/truth.csv")).set_axis(
        ["task", "label"], axis=1
    )
    return labels, gold
