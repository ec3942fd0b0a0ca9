"""A trained agent as a folder: its weights, and a text file of what makes it up."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gamelabel.files import replacing, write_text
from gamelabel.following.agent import Agent
from gamelabel.following.command_examples import make_action_space
from gamelabel.following.train_agent import AgentConfig, make_agent
from gamelabel.following.vocabulary import Vocabulary
from gamelabel.games.dungeon import DUNGEON, WorldSetting

_WEIGHTS, _DESCRIPTION = "agent.safetensors", "agent.json"


def save_agent(agent: Agent, config: AgentConfig, folder: Path) -> None:
    """Write an agent to a folder.

    Parameters
    ----------
    agent : Agent
        The agent.
    config : AgentConfig
        What it was made from.
    folder : Path
        The folder, which is made if needed.
    """
    with replacing(folder / _WEIGHTS) as partial:
        save_file(agent.state_dict(), partial)
    vocabulary = {"words": agent.vocabulary.words, "names": agent.vocabulary.names}
    content = {"config": asdict(config), "vocabulary": vocabulary}
    write_text(folder / _DESCRIPTION, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def load_agent(folder: Path, setting: WorldSetting = DUNGEON) -> Agent:
    """Return the agent of a folder, in evaluation mode.

    Parameters
    ----------
    folder : Path
        What `save_agent` wrote.
    setting : WorldSetting
        The nodes and actions that it was trained for.

    Raises
    ------
    ValueError
        If the folder has no agent, or one for another setting.
    """
    try:
        content = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
        words = {name: tuple(values) for name, values in content["vocabulary"].items()}
        config, vocabulary = AgentConfig(**content["config"]), Vocabulary(**words)
        agent = make_agent(config, make_action_space(setting), vocabulary)
        agent.load_state_dict(load_file(folder / _WEIGHTS))
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{folder.absolute()} has no agent for this setting: {error}") from error
    return agent.eval()
