"""What people and scorers say of a pool of two models that `gamelabel serve --compare` served."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from gamelabel.reward.scorer import Scorer
from gamelabel.study.label_sources import read_game_database
from gamelabel.tables import read_table
from gamelabel.tuning.two_models import people_win_rate, scorer_win_rates

_DATABASE = Path("game", "game.db")  # where `gamelabel serve` puts it in a pool's folder


def judge_pool(folder: str | Path, scorers: Mapping[str, Scorer]) -> pd.DataFrame:
    """Return how often the tuned model's image wins, by people and by scorers, on the same pairs.

    Parameters
    ----------
    folder : str or Path
        The folder of the pool, with the table `pairs` and the images. Labels are its table
        `labels`, as the operator's page exports it, or are read from the service's database in the
        folder. Empty for no pool.
    scorers : mapping of str to Scorer
        The scorers by name.

    Returns
    -------
    DataFrame
        A row for "people" and for each scorer: `judge`, and `value`, `low`, `high`, `n` of the win
        rate over the base. `n` is the number of pairs that the judge judged. Without a pool it is
        empty.

    Raises
    ------
    FileNotFoundError
        If the folder has no pairs, or neither labels nor a database.
    ValueError
        If the pairs are not of two models.
    """
    columns = ["judge", "value", "low", "high", "n"]
    if not str(folder):
        return pd.DataFrame(columns=columns)
    place = Path(folder)
    pairs = read_table(place, "pairs")
    people = people_win_rate(pairs, _read_labels(place))
    by_people = pd.DataFrame([{"judge": "people", **people._asdict()}])
    by_scorers = scorer_win_rates(pairs, place, scorers).rename(columns={"scorer": "judge"})
    return pd.concat([by_people, by_scorers], ignore_index=True)[columns]


def _read_labels(folder: Path) -> pd.DataFrame:
    if (folder / "labels.parquet").is_file():
        return read_table(folder, "labels")
    if (folder / _DATABASE).is_file():
        return read_game_database(str(folder / _DATABASE), folder).labels
    raise FileNotFoundError(
        f"{folder.absolute()} has no labels: serve it with `gamelabel serve --compare`, or put the "
        "table labels.parquet of the operator's export there"
    )
