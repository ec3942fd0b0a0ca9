"""Agents that follow commands in a text world: AC-Seq2Seq, Seq2Seq, and a small Transformer."""

from gamelabel.following.command_examples import CommandExample, read_examples
from gamelabel.following.decoding import follow_commands
from gamelabel.following.following_scores import paired_difference, score_agent, summarize
from gamelabel.following.train_agent import AGENTS, AgentConfig, train_agent

__all__ = [
    "AGENTS",
    "AgentConfig",
    "CommandExample",
    "follow_commands",
    "paired_difference",
    "read_examples",
    "score_agent",
    "summarize",
    "train_agent",
]
