"""The card of recorded play: who played what, how much of it, and under which licence."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from gamelabel.files import write_text
from gamelabel.games.play.recorded_folder import recorded_metadata
from gamelabel.games.play.tasks import Pacing

_TEMPLATE = Path(__file__).with_name("recordings_card.md")
_SIMULATED = (
    "**SIMULATED.** No person played: programs that see the screen late and press keys did. They "
    "show how the tools work; they are not evidence of what people do."
)
_BOTH = (
    "**Partly SIMULATED.** In {simulated} of {episodes} episodes programs took the place of people "
    "(`simulated` in the table `episodes`); people played the others."
)
_TABLES = """\
| table | a row for each |
| --- | --- |
| `episodes` | episode: task, environment, versions, start state, seed, hashes, how it ended |
| `seats` | episode and seat: player, channel, who acted most often, the statistics at the end |
| `steps` | step and seat: action, frame seen, reward, who acted, the statistics so far |

Statistics: {statistics}.

Frames are not stored where they can be made again: `gamelabel.games.play.dataset.episodes` replays
the actions in the environment and compares hashes of what it shows. For Atari games that needs the
game."""
_NO_LICENCE = (
    "None is stated. Choose one, before you publish this, that is compatible with the players' "
    "consent."
)


def write_recordings_card(folder: str | Path, licence: str = "") -> Path:
    """Write README.md beside the tables of a folder of recordings; see `recordings_card`.

    Parameters
    ----------
    folder : str or Path
        The folder of recordings.
    licence : str
        An identifier such as cc-by-4.0; if empty, the card says that none is stated.

    Raises
    ------
    FileNotFoundError
        If the folder has no recordings.
    """
    path = Path(folder) / "README.md"
    write_text(path, recordings_card(recorded_metadata(folder), licence))
    return path


def recordings_card(rows: pd.DataFrame, licence: str = "", content: str = "") -> str:
    """Return the card of recorded episodes.

    Parameters
    ----------
    rows : DataFrame
        From `recorded_metadata`, or some of its rows.
    licence : str
        An identifier; see `write_recordings_card`.
    content : str
        What the files beside the card have; by default the tables of a folder of recordings.

    Returns
    -------
    str
        Markdown, with the front matter that the `datasets` library and its hub read.
    """
    by_episode = rows.drop_duplicates("episode_id")
    simulated = int(by_episode.simulated.sum())
    origin = "People played."
    if simulated:
        counts = {"simulated": f"{simulated:,}", "episodes": f"{len(by_episode):,}"}
        origin = _SIMULATED if simulated == len(by_episode) else _BOTH.format(**counts)
    totals = {
        "games": by_episode.session_id.nunique(),
        "episodes": len(by_episode),
        "frames": int(by_episode.frames.sum()),
        "players": rows.player_id.nunique(),
    }
    lines = [f"| {name} | {number:,} |" for name, number in totals.items()]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        front_matter=_front_matter(bool(simulated), licence, has_tables=not content),
        title_mark=", SIMULATED" if simulated else "",
        origin=origin,
        totals="\n".join([*lines, f"| hours | {episode_hours(by_episode).sum():,.2f} |"]),
        tables="\n\n".join(_counts(rows, name) for name in ("task", "channel", "controller")),
        content=content or _TABLES.format(statistics=_statistics(by_episode)),
        licence=f"{licence}." if licence else _NO_LICENCE,
    )


def episode_hours(rows: pd.DataFrame) -> pd.Series[float]:
    """Return the hours of each row's episode: its frames at the rate of its task."""
    rates = rows.settings.map(json.loads).map(lambda settings: settings.get("rate", Pacing.rate))
    hours: pd.Series[float] = rows.frames / rates / 3600
    return hours


def _counts(rows: pd.DataFrame, column: str) -> str:
    """Return a table of episodes, players and hours by task, channel or who acted."""
    heading = "who acted" if column == "controller" else column
    lines = [f"| {heading} | episodes | players | hours |", "| --- | --- | --- | --- |"]
    named = rows.assign(**{column: rows[column].fillna("not stated")})
    for name, part in named.groupby(column):
        by_episode = part.drop_duplicates("episode_id")
        players, hours = part.player_id.nunique(), episode_hours(by_episode).sum()
        lines.append(f"| {name} | {len(by_episode):,} | {players:,} | {hours:,.2f} |")
    return "\n".join(lines)


def _statistics(by_episode: pd.DataFrame) -> str:
    parsed = by_episode.settings.drop_duplicates().map(json.loads)
    names = [one["name"] for settings in parsed for one in settings.get("statistics", [])]
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names)) or "`score` alone"


def _front_matter(is_simulated: bool, licence: str, has_tables: bool) -> str:
    import yaml

    entries: dict[str, Any] = {"pretty_name": "Recorded play"}
    tags = ["reinforcement-learning", "demonstrations"]
    if is_simulated:
        entries["pretty_name"] += " (SIMULATED)"
        tags.append("simulated")
    if licence:
        entries["license"] = licence
    entries["tags"] = tags
    if has_tables:
        entries["configs"] = [
            {"config_name": name, "data_files": [{"split": "train", "path": f"{name}/*.parquet"}]}
            for name in ("episodes", "seats", "steps")
        ]
    return f"---\n{yaml.safe_dump(entries, sort_keys=False)}---\n\n"
