"""Sessions of SIMULATED players, played in the real loop and recorded like those of people."""

from __future__ import annotations

import importlib.util
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gamelabel.games.play.environments import open_environment
from gamelabel.games.play.loop import Loop
from gamelabel.games.play.recorded_tables import game_ids
from gamelabel.games.play.recorder import Recorder, SeatedPlayer, journal_path
from gamelabel.games.play.recordings import finish
from gamelabel.games.play.simulated_hands import (
    FireHolder,
    Gunner,
    Hand,
    Masher,
    PoleHand,
    RestingHand,
    Skill,
)
from gamelabel.games.play.tasks import Task

Style = Literal["rest", "fire", "mash", "gun", "pole"]
MISSING_ATARI = (
    "Games of the Atari emulator are left out: the extra atari is not installed"
    ' (pip install "gamelabel[play,atari]").'
)


@dataclass(frozen=True)
class SimulatedSession:
    """One session of a simulated player.

    Attributes
    ----------
    session_id : str
        Its name in the recordings.
    task : Task
        What is played; the player sits at the first seat of a person.
    player : SeatedPlayer
        The player's name and channel.
    style : {"rest", "fire", "mash", "gun", "pole"}
        The hand: no key, fire held, random keys, Space Invaders, the pole on the cart.
    frames : int
        Frames of play in all; the last episode is left when they are over.
    seed : int
        Seed of the game and of the hand.
    skill : Skill
        How well the player plays.
    order, side : str
        What the player follows, for "gun".
    adherence : float
        Probability of following the order at each alien.
    actions : int
        Number of actions, for "mash".
    """

    session_id: str
    task: Task
    player: SeatedPlayer
    style: Style
    frames: int
    seed: int
    skill: Skill = field(default_factory=Skill)
    order: str = ""
    side: str = ""
    adherence: float = 1.0
    actions: int = 2


def has_atari() -> bool:
    """Whether the packages of the extra `atari` are installed."""
    return all(importlib.util.find_spec(name) for name in ("gymnasium", "ale_py"))


def play_session(session: SimulatedSession, folder: str | Path) -> list[Path]:
    """Play a session and record it, marked as simulated.

    Parameters
    ----------
    session : SimulatedSession
        Who plays what.
    folder : str or Path
        The folder of recordings. A session that it has already is not played again.

    Returns
    -------
    list of Path
        The files of the recording; none if it had been there.
    """
    folder = Path(folder)
    if session.session_id in game_ids(folder):
        return []
    # An interrupted run left it unfinished; the session is played again from its seed.
    journal_path(folder, session.session_id).unlink(missing_ok=True)
    task = session.task
    seat = task.human_seats[0]
    environment = open_environment(task)
    recorder = Recorder(
        folder,
        session.session_id,
        task,
        environment,
        {seat: session.player},
        keep_times=False,
        simulated=True,
    )
    try:
        loop = Loop(task, environment, [seat], session.seed, recorder)
        hand = _hand(session)
        left = session.frames
        while left > 0:
            left -= _play_episode(loop, hand, seat, left)
    finally:
        environment.close()
    return finish(recorder.close())


def _play_episode(loop: Loop, hand: Hand, seat: str, most: int) -> int:
    """Play an episode, or leave it after so many frames; return how many were played."""
    transition = loop.begin_episode()
    hand.begin()
    shown: deque[tuple[int, Any]] = deque(maxlen=hand.skill.latency + 1)
    shown.append((0, _seen(transition, seat)))
    while not loop.is_over and loop.frame < most:
        if loop.frame % hand.skill.decision_frames == 0 and hand.is_attentive():
            frame, seen = shown[0]
            loop.act(seat, hand.decide(seen), frame)
        transition = loop.advance()
        shown.append((loop.frame, _seen(transition, seat)))
    loop.end_episode("left")
    return loop.frame


def _seen(transition: Any, seat: str) -> Any:
    has_memory = transition.memory is not None
    return transition.memory if has_memory else transition.observations[seat]


def _hand(session: SimulatedSession) -> Hand:
    skill, seed = session.skill, session.seed
    if session.style == "gun":
        return Gunner(skill, seed, session.order, session.adherence, session.side)
    if session.style == "mash":
        return Masher(skill, seed, session.actions)
    if session.style == "pole":
        return PoleHand(skill, seed)
    return FireHolder(skill, seed) if session.style == "fire" else RestingHand(skill, seed)


def playable(sessions: Sequence[SimulatedSession]) -> list[SimulatedSession]:
    """Return the sessions whose environments can be made here."""
    atari = has_atari()
    return [s for s in sessions if atari or not needs_atari(s.task)]


def needs_atari(task: Task) -> bool:
    """Whether a task is a game of the Atari emulator.

    >>> needs_atari(Task("cart", "gamelabel.games.play.worlds.cart_pole:CartPole"))
    False
    """
    return task.environment.startswith(("ale_py:", "pettingzoo.atari."))
