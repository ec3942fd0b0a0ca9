"""A learner that continues from another one with what is new and a sample of what was known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gamelabel.following.dungeon_learner import DungeonLearner, TaughtExample
from gamelabel.following.train_agent import AgentConfig


class ReplayLearner(DungeonLearner):
    """A learner that, starting from another, learns what is new and a sample of the rest.

    Parameters
    ----------
    config : AgentConfig
        Which agent.
    replay : int
        Size of the sample.
    """

    def __init__(self, config: AgentConfig, replay: int) -> None:
        super().__init__(config, show_progress=True)  # a run's sign of life
        self.replay = replay
        self.known: frozenset[str] = frozenset()

    def fit(
        self,
        examples: Sequence[TaughtExample],
        seed: int,
        start: DungeonLearner | None = None,
    ) -> None:
        """Learn from examples; see `DungeonLearner.fit`."""
        self.known = frozenset(example.example_id for example in examples)
        if isinstance(start, ReplayLearner):
            new = [e for e in examples if e.example_id not in start.known]
            old = [e for e in examples if e.example_id in start.known]
            order = np.random.default_rng(seed).permutation(len(old))[: self.replay]
            examples = new + [old[int(number)] for number in order]
        super().fit(examples, seed, start)
