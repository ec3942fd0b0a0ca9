"""The learner of the dungeon in a small size, for rounds without a long wait."""

from __future__ import annotations

from gamelabel.following.dungeon_learner import DungeonLearner
from gamelabel.following.train_agent import AgentConfig


class SmallDungeonLearner(DungeonLearner):
    """AC-Seq2Seq at width 64 instead of the paper's 350.

    Examples
    --------
    >>> SmallDungeonLearner().config.width
    64
    """

    def __init__(self) -> None:
        super().__init__(AgentConfig(width=64))
