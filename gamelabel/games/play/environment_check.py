"""What a task file says of environments: that they exist, and have the actions of keys and buttons.

Actions are checked where the environment can be made in a moment: those of Gymnasium, of this
package and of ale-py. Other people's are not run while a file is read, since what they do is not
known; their actions are checked when the first game starts.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

import yaml

from gamelabel.games.play.environments import (
    MISSING_GYMNASIUM,
    EnvironmentFault,
    is_import_path,
    open_environment,
)
from gamelabel.games.play.tasks import ActionValue, Task
from gamelabel.yaml_fields import Fields

_QUICK = (
    "ale_py.",
    "gamelabel.games.play.worlds.",
    "gymnasium.envs.classic_control",
    "gymnasium.envs.toy_text",
)
"""Beginnings of the modules whose environments are made in a moment."""


def check_environment(fields: Fields, task: Task) -> None:
    """Check that the environment of a task exists, and its actions if that is quick.

    Parameters
    ----------
    fields : Fields
        The fields of the task, for the lines of messages.
    task : Task
        What was read of them.

    Raises
    ------
    TaskFileError
        If the environment does not exist, cannot be made with its arguments, or does not have an
        action of a key or a button.
    """
    node = fields.node_of("environment")
    try:
        import gymnasium
    except ImportError as error:
        raise fields.error(MISSING_GYMNASIUM, node) from error
    if is_import_path(task.environment):
        module = task.environment.partition(":")[0]
        if not _module_exists(module, fields.path.parent):
            raise fields.error(
                f"{fields.what} needs the module {module}, which is not installed and not in"
                f" {fields.path.parent}",
                node,
            )
        made_by = task.environment
    else:
        module, _, name = task.environment.rpartition(":")
        try:
            if module:  # it registers the environment, as in gymnasium.make
                importlib.import_module(module)
            made_by = str(gymnasium.spec(name).entry_point)
        except (gymnasium.error.Error, ImportError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise fields.error(
                f"{fields.what} needs the environment {task.environment}: {reason}", node
            ) from error
    if made_by.startswith(_QUICK):
        _check_actions(fields, task)


def _check_actions(fields: Fields, task: Task) -> None:
    try:
        environment = open_environment(task)
    except EnvironmentFault as error:
        reason = " ".join(str(error).split())
        raise fields.error(f"{fields.what}: {reason}", fields.node_of("environment")) from error
    try:
        for what, node, action in _controls(fields, task):
            try:
                environment.actions.parse(task.human_seats[0], action)
            except ValueError as error:
                raise fields.error(f"{what} of {fields.what}: {error}", node) from error
    finally:
        environment.close()


def _controls(fields: Fields, task: Task) -> list[tuple[str, yaml.Node, ActionValue]]:
    """Return keys and buttons: what it is, where it is in the file, its action."""
    keys, buttons = fields.children("keys"), fields.items("buttons")
    controls = [(f"the key {key}", keys[key], action) for key, action in task.keys.items()]
    return controls + [
        (f"the button {button.text}", node, button.action)
        for node, button in zip(buttons, task.buttons, strict=True)
    ]


def _module_exists(module: str, folder: Path) -> bool:
    sys.path.insert(0, str(folder))
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
    finally:
        sys.path.remove(str(folder))
