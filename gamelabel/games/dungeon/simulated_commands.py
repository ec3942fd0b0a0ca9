"""Examples by SIMULATED teachers: a world, actions in it, and a command for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gamelabel.games.dungeon.action import Action
from gamelabel.games.dungeon.action_types import DUNGEON
from gamelabel.games.dungeon.command_parser import actions_text
from gamelabel.games.dungeon.command_style import (
    CommandStyle,
    StyleRange,
    draw_style,
    write_command,
)
from gamelabel.games.dungeon.graph_world import World
from gamelabel.games.dungeon.world_actions import apply, valid_actions
from gamelabel.games.dungeon.world_generation import generate_world

MOST_ACTIONS = 4
_COHERENCE = 3.0  # how much likelier an action is that goes on with what the last one was about
_UNDOES = {"get": "drop", "drop": "get", "wear": "remove", "remove": "wear", "wield": "unwield"}
_UNDOES |= {
    "unwield": "wield",
    "put": "get_from",
    "get_from": "put",
    "give": "take",
    "take": "give",
}


class SimulatedWriter:
    """A SIMULATED person who makes up examples: a style, and types of actions it likes.

    Parameters
    ----------
    rng : Generator
        Random numbers; the writer keeps them.
    styles : StyleRange, optional
        The means of the habits over teachers.

    Attributes
    ----------
    style : CommandStyle
        How it writes.
    liking : dict of str to float
        How likely each type of action is, before the world limits what can be done.

    Examples
    --------
    >>> writer = SimulatedWriter(np.random.default_rng(1))
    >>> example = writer.write(n_actions=2)
    >>> sorted(example), example["actions"]
    (['actions', 'command', 'world'], 'hit orc; go forest')
    """

    def __init__(self, rng: np.random.Generator, styles: StyleRange | None = None) -> None:
        self.rng = rng
        self.style: CommandStyle = draw_style(rng, styles)
        types = DUNGEON.model_types[:-1]
        shares = rng.dirichlet(np.ones(len(types))).tolist()
        self.liking: dict[str, float] = dict(zip(types, shares, strict=True))

    def write(self, n_actions: int, inventive: bool = False) -> dict[str, str]:
        """Return world, command and actions of a new example.

        Parameters
        ----------
        n_actions : int
            The number of actions, 1 to 4.
        inventive : bool
            Whether the command is to be in other words than the writer's usual ones.

        Raises
        ------
        ValueError
            If `n_actions` is not between 1 and 4.
        """
        world = generate_world(int(self.rng.integers(2**31)))
        actions = self.choose_actions(world, n_actions)
        command = write_command(actions, self.style, self.rng, inventive)
        return {"world": world.to_json(), "command": command, "actions": actions_text(actions)}

    def choose_actions(self, world: World, n_actions: int) -> list[Action]:
        """Return actions that are possible in a world, one after another."""
        _check_length(n_actions)
        chosen: list[Action] = []
        for _ in range(n_actions):
            valid = [action for action in valid_actions(world) if action.type in self.liking]
            weights = np.array([self._weight(action, chosen, valid) for action in valid])
            action = valid[int(self.rng.choice(len(valid), p=weights / weights.sum()))]
            chosen.append(action)
            world = apply(world, action)
        return chosen

    def _weight(self, action: Action, chosen: Sequence[Action], valid: Sequence[Action]) -> float:
        n_of_type = sum(other.type == action.type for other in valid)
        weight = (self.liking[action.type] + 0.02) / n_of_type
        if not chosen:
            return weight
        last = chosen[-1]
        if action.first == last.first and _UNDOES.get(last.type) == action.type:
            return 1e-3 * weight
        about = {last.first, last.second} - {""}
        return weight * (_COHERENCE if about & {action.first, action.second} else 1.0)


def _check_length(n_actions: int) -> None:
    if not 1 <= n_actions <= MOST_ACTIONS:
        raise ValueError(f"an example has 1 to {MOST_ACTIONS} actions, not {n_actions}")


def simulated_examples(
    n_teachers: int,
    n_each: int,
    seed: int,
    lengths: Sequence[float] = (0.25, 0.3, 0.25, 0.2),
    styles: StyleRange | None = None,
) -> pd.DataFrame:
    """Return examples that SIMULATED teachers wrote without any protocol.

    Parameters
    ----------
    n_teachers : int
        The number of teachers, each with a style of its own.
    n_each : int
        Examples of each teacher.
    seed : int
        Seed of the random numbers; the teachers of two seeds differ.
    lengths : sequence of float
        Probabilities of one, two, three and four actions.
    styles : StyleRange, optional
        The means of the teachers' habits.

    Returns
    -------
    DataFrame
        Columns example_id, teacher_id, world (JSON), command and actions.

    Examples
    --------
    >>> examples = simulated_examples(n_teachers=2, n_each=3, seed=0)
    >>> examples["teacher_id"].unique().tolist(), examples["actions"][0]
    (['simulated 0.0', 'simulated 0.1'], 'go tower; get beer from treasure chest')
    """
    rows = []
    for teacher in range(n_teachers):
        rng = np.random.default_rng([seed, teacher])
        writer = SimulatedWriter(rng, styles)
        for _ in range(n_each):
            n_actions = int(rng.choice(MOST_ACTIONS, p=lengths)) + 1
            rows.append({"teacher_id": f"simulated {seed}.{teacher}", **writer.write(n_actions)})
    return _numbered(rows, f"s{seed}")


def pilot_examples(n: int, seed: int, styles: StyleRange | None = None) -> pd.DataFrame:
    """Return a SIMULATED pilot study: random actions, each sequence described by somebody.

    Every sequence has one to four actions with equal probability, each drawn uniformly from those
    that are valid (appendix E of the paper).

    Parameters
    ----------
    n : int
        Number of examples; ten of a teacher.
    seed : int
        Seed of the random numbers.
    styles : StyleRange, optional
        The means of the teachers' habits.

    Returns
    -------
    DataFrame
        Columns as those of `simulated_examples`.

    Examples
    --------
    >>> len(pilot_examples(20, seed=0))
    20
    """
    rows: list[dict[str, str]] = []
    teacher = 0
    while len(rows) < n:
        rng = np.random.default_rng([seed, 10**6 + teacher])
        style = draw_style(rng, styles)
        for _ in range(min(10, n - len(rows))):
            start = world = generate_world(int(rng.integers(2**31)))
            actions: list[Action] = []
            for _ in range(int(rng.integers(1, MOST_ACTIONS + 1))):
                valid = [a for a in valid_actions(world) if a in DUNGEON.action_index]
                actions.append(valid[int(rng.integers(len(valid)))])
                world = apply(world, actions[-1])
            command = write_command(actions, style, rng)
            texts = {"command": command, "actions": actions_text(actions)}
            rows.append(
                {"teacher_id": f"pilot {seed}.{teacher}", "world": start.to_json(), **texts}
            )
        teacher += 1
    return _numbered(rows, f"p{seed}")


def _numbered(rows: list[dict[str, str]], prefix: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["teacher_id", "world", "command", "actions"])
    frame.insert(0, "example_id", [f"{prefix}.{number}" for number in range(len(frame))])
    return frame
