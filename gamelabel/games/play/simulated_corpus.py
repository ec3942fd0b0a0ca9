"""A small SIMULATED corpus in the form of CrowdPlay's: channels of recruitment and tasks.

How players of a channel differ is put in here, so that nothing about channels can be found in it:
it shows the form of the tables and figures, and tests the tools.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from gamelabel.games.play.incentive_treatments import ATARI_SETTINGS, INSIDE_OUT
from gamelabel.games.play.recorded_folder import recorded_metadata
from gamelabel.games.play.recorded_tables import game_ids
from gamelabel.games.play.recorder import SeatedPlayer
from gamelabel.games.play.recordings import delete_game
from gamelabel.games.play.recordings_card import write_recordings_card
from gamelabel.games.play.simulated_hands import Competitor, Cooperator, Skill
from gamelabel.games.play.simulated_sessions import (
    MISSING_ATARI,
    SimulatedSession,
    Style,
    play_session,
    playable,
)
from gamelabel.games.play.tasks import Pacing, Seat, Task, TaskStatistic
from gamelabel.parallel import executor, map_items

_SPACE_INVADERS = "ale_py:ALE/SpaceInvaders-v5"
_TIMES = (TaskStatistic("play_time", "play_time"), TaskStatistic("active_time", "active_time"))
_ORDERS = {"outside_in": "outside in", "row_by_row": "row by row"}
_SIDES = ("left", "right")
_CART_RATE = 15.0  # steps a second at which people can balance the pole
# channel -> sessions of each style, in parts of 20: an assumption about Figure 3
_STYLES: dict[str, dict[Style, int]] = {
    "mturk": {"gun": 14, "fire": 4, "mash": 2},
    "email": {"gun": 15, "rest": 4, "mash": 1},
    "social": {"gun": 18, "mash": 2},
}
_SHARE_OF_CHANNEL = {"mturk": 0.6, "email": 0.2, "social": 0.2}


def _ordered(name: str, order: str) -> Task:
    arguments = {"order": order}
    return Task(
        name,
        _SPACE_INVADERS,
        ATARI_SETTINGS,
        no_ops=30,
        statistics=(
            *_TIMES,
            TaskStatistic("aliens_in_order", "aliens_in_order", arguments),
            TaskStatistic("share_in_order", "share_in_order", arguments),
            TaskStatistic("published_share_in_order", "published_share_in_order", arguments),
        ),
    )


def _sided(side: str) -> Task:
    statistic = TaskStatistic("share_on_side", "space_invaders_side", {"side": side})
    return Task(side, _SPACE_INVADERS, ATARI_SETTINGS, no_ops=30, statistics=(*_TIMES, statistic))


def _import_path(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _with_policy(name: str, partner: type, co_operation: Literal["", "mean"]) -> Task:
    roms = importlib.util.find_spec("ale_py")
    locations = (roms.submodule_search_locations or [""]) if roms else [""]
    return Task(
        name,
        "pettingzoo.atari.space_invaders_v2:parallel_env",
        {
            "moving_shields": False,
            "full_action_space": False,
            "auto_rom_install_path": str(Path(locations[0]) / "roms"),
        },
        seats=(
            Seat("first_0"),
            Seat("second_0", "policy", _import_path(partner)),
        ),
        no_ops=30,
        co_operation=co_operation,
        statistics=_TIMES,
    )


def corpus_tasks() -> dict[str, Task]:
    """Return the tasks of the corpus by name: a small game of our own, and Space Invaders."""
    from gamelabel.games.play.worlds.cart_pole import CartPole

    cart = Task(
        "cart_pole",
        _import_path(CartPole),
        pacing=Pacing(rate=_CART_RATE),
        statistics=_TIMES,
    )
    plain = Task("plain", _SPACE_INVADERS, ATARI_SETTINGS, no_ops=30, statistics=_TIMES)
    tasks = [cart, plain, replace(INSIDE_OUT, name="inside_out")]
    tasks += [_ordered(name, order) for name, order in _ORDERS.items()]
    tasks += [_sided(side) for side in _SIDES]
    tasks += [
        _with_policy("competitive", Competitor, ""),
        _with_policy("cooperative", Cooperator, "mean"),
    ]
    return {task.name: task for task in tasks}


def corpus_sessions(count: int, seconds: float, seed: int) -> list[SimulatedSession]:
    """Return the sessions of the corpus: players of each channel at each task.

    Parameters
    ----------
    count : int
        Sessions of each task; each channel has a part of them, at least one.
    seconds : float
        Length of a session.
    seed : int
        Seed of who plays and how.
    """
    sessions = []
    for number, (name, task) in enumerate(corpus_tasks().items()):
        for channel, share in _SHARE_OF_CHANNEL.items():
            for i in range(max(1, round(share * count))):
                rng = np.random.default_rng([seed, number, *channel.encode(), i])
                sessions.append(_session(task, name, channel, i, seconds, rng))
    return sessions


def play_corpus(folder: str | Path, count: int, seconds: float, seed: int) -> str:
    """Play the sessions of the corpus and record them, several at once where the run has jobs.

    The folder gets a card that says what it has.

    Parameters
    ----------
    folder : str or Path
        The folder of recordings. Sessions that it has are not played again; simulated sessions of
        another count, length or seed are deleted, and what people played stays.
    count, seconds, seed
        See `corpus_sessions`.

    Returns
    -------
    str
        What is left out, in a sentence; empty if nothing is.
    """
    sessions = [
        replace(session, session_id=f"{session.session_id}-seed{seed}-{session.frames}")
        for session in corpus_sessions(count, seconds, seed)
    ]
    available = playable(sessions)
    _delete_others(Path(folder), {session.session_id for session in sessions})
    with executor() as pool:
        names = [session.session_id for session in available]
        play = partial(play_session, folder=folder)
        list(map_items(pool, play, available, names, "sessions"))
    write_recordings_card(folder)
    return MISSING_ATARI if len(available) < len(sessions) else ""


def _delete_others(folder: Path, session_ids: set[str]) -> None:
    """Delete other simulated sessions, which would be taken for part of the corpus."""
    if not game_ids(folder):
        return
    rows = recorded_metadata(folder)
    simulated = set(rows.session_id[rows.simulated.astype(bool)])
    for session_id in sorted(simulated - session_ids):
        delete_game(folder, session_id)


def _session(
    task: Task, name: str, channel: str, i: int, seconds: float, rng: np.random.Generator
) -> SimulatedSession:
    style = _style(name, channel, rng)
    seconds_late = rng.lognormal(np.log(7), 0.3) / 60
    skill = Skill(
        latency=max(1, round(seconds_late * task.pacing.rate)),
        decision_frames=4 if task.pacing.rate > _CART_RATE else 1,
        aim_error=float(rng.uniform(1, 5)),
        dodging=float(rng.uniform(0, 0.6)),
    )
    return SimulatedSession(
        session_id=f"{name}-{channel}-{i:03}",
        task=task,
        player=SeatedPlayer(f"{channel}-{i:03}", channel),
        style=style,
        frames=int(seconds * task.pacing.rate),
        seed=int(rng.integers(2**31)),
        skill=skill,
        order="inside out" if name == "inside_out" else _ORDERS.get(name, ""),
        side=name if name in _SIDES else "",
        adherence=float(rng.beta(9, 1)),
        actions=2 if name == "cart_pole" else 6,
    )


def _style(name: str, channel: str, rng: np.random.Generator) -> Style:
    """Draw how a player plays: only plain play has people who rest, hold fire or press any key."""
    if name == "cart_pole":
        return "pole"
    if name != "plain":
        return "gun"
    styles = _STYLES[channel]
    share = np.array(list(styles.values())) / sum(styles.values())
    return list(styles)[int(rng.choice(len(styles), p=share))]
