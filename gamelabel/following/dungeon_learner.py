"""An agent as the learner of Mechanical Turker Descent: it reads and answers text."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from gamelabel.following.agent import Agent
from gamelabel.following.command_examples import CommandExample
from gamelabel.following.decoding import follow_commands
from gamelabel.following.train_agent import AgentConfig, train_agent
from gamelabel.following.vocabulary import split_command
from gamelabel.games.dungeon import DUNGEON, World, WorldSetting
from gamelabel.games.dungeon.command_parser import actions_text, parse_actions


class TaughtExample(Protocol):
    """An example of `gamelabel.games.descent`: a command, a world in JSON, and actions as text."""

    @property
    def example_id(self) -> str:
        """The name of the example."""

    @property
    def teacher_id(self) -> str:
        """Who gave it."""

    @property
    def input(self) -> str:
        """The command."""

    @property
    def context(self) -> str:
        """The world, as `World.to_json` writes it."""

    @property
    def answer(self) -> str:
        """The actions, as `actions_text` writes them."""


class DungeonLearner:
    """A learner of commands, with the `fit` and `predict` of `games.descent.Learner`.

    Parameters
    ----------
    config : AgentConfig, optional
        Which agent, and how it is trained.
    warm_epochs : int
        Epochs where it starts from another learner instead of from random weights.
    setting : WorldSetting
        The nodes and actions of the worlds.
    show_progress : bool
        Whether each training writes a progress bar to the standard error. A service has it as its
        log.
    """

    def __init__(
        self,
        config: AgentConfig | None = None,
        warm_epochs: int = 4,
        setting: WorldSetting = DUNGEON,
        show_progress: bool = False,
    ) -> None:
        self.config, self.warm_epochs, self.setting = config or AgentConfig(), warm_epochs, setting
        self.show_progress = show_progress
        self.agent: Agent | None = None

    @staticmethod
    def check_text(text: str) -> str:
        """Return why a command cannot be learned; "" if it can.

        Examples
        --------
        >>> DungeonLearner.check_text("get the axe"), DungeonLearner.check_text("!?")
        ('', "the command '!?' has no words: write what is to be done")
        """
        try:
            split_command(text)
        except ValueError as error:
            return str(error)
        return ""

    def fit(
        self, examples: Sequence[TaughtExample], seed: int, start: DungeonLearner | None = None
    ) -> None:
        """Learn from examples; see `train_agent`.

        Parameters
        ----------
        examples : sequence of examples
            All that is learned from.
        seed : int
            Seed of the weights and of the order.
        start : DungeonLearner, optional
            A fitted learner to start from, which stays as it is.
        """
        epochs = self.warm_epochs if start else self.config.epochs
        config = replace(self.config, epochs=epochs)
        read = [self._read(example, example.answer) for example in examples]
        with tempfile.TemporaryDirectory() as folder:
            warm = start.agent if start else None
            path = Path(folder) / "agent"
            where = path, self.setting, seed, warm, self.show_progress
            self.agent = train_agent(config, read, *where)

    def predict(self, examples: Sequence[TaughtExample]) -> list[str]:
        """Return the actions that the agent chooses, as text; answers are not read.

        Raises
        ------
        RuntimeError
            If it has not learned anything yet.
        """
        if self.agent is None:
            raise RuntimeError("this learner has not learned yet: call `fit` first")
        read = [self._read(example, "") for example in examples]
        return [actions_text(answer) for answer in follow_commands(self.agent, read)]

    def _read(self, example: TaughtExample, answer: str) -> CommandExample:
        try:
            world = World.from_json(example.context, self.setting)
            actions = parse_actions(answer, self.setting)
        except ValueError as error:
            raise ValueError(f"example {example.example_id}: {error}") from error
        return CommandExample(example.example_id, example.teacher_id, world, example.input, actions)
