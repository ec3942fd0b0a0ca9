"""What a player can hold at a task: keys, combinations of keys, and buttons on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gamelabel.games.play.tasks import ActionValue, Task

_NAMES = {"Space": "Space", "Enter": "Enter"}


@dataclass(frozen=True)
class Control:
    """Keys that are held together, as in JavaScript's `KeyboardEvent.code`, and their action.

    `action` is None for the idle one, which has no keys. `text` is what people read.
    """

    codes: tuple[str, ...]
    action: ActionValue | None
    text: str = ""


@dataclass(frozen=True)
class ScreenButton:
    """A button on the screen: its text, and the keys that it stands for."""

    text: str
    codes: tuple[str, ...]


def controls_of(task: Task) -> list[Control]:
    """Return the controls of a task; the page sends their numbers. The first one is idle.

    Examples
    --------
    >>> task = Task("a", "CartPole-v1", keys={"ArrowLeft": 0, "ArrowRight": 1}, idle_action=0)
    >>> [control.codes for control in controls_of(task)]
    [(), ('ArrowLeft',), ('ArrowRight',)]
    """
    texts = {button.action: button.text for button in task.buttons}
    controls = [Control((), task.idle_action)]
    for keys, action in task.keys.items():
        text = texts.get(action, action if isinstance(action, str) else "")
        controls.append(Control(tuple(keys.split("+")), action, str(text)))
    known = {control.action for control in controls[1:]}
    for number, button in enumerate(task.buttons):
        if button.action not in known:
            controls.append(Control((f"Button{number}",), button.action, button.text))
    return controls


def screen_buttons(task: Task) -> Iterator[ScreenButton]:
    """Yield the buttons for touch screens: those of the task, else one for each single key.

    A button stands for the keys with its action, so that two buttons held together do what the
    two keys do.

    Examples
    --------
    >>> task = Task("a", "CartPole-v1", keys={"ArrowLeft": 0, "Space": 1})
    >>> [button.text for button in screen_buttons(task)]
    ['Left', 'Space']
    """
    controls = controls_of(task)[1:]
    if task.buttons:
        codes = {control.action: control.codes for control in reversed(controls)}
        for button in task.buttons:
            yield ScreenButton(button.text, codes[button.action])
        return
    for control in controls:
        if len(control.codes) == 1:
            yield ScreenButton(control.text or _key_text(control.codes[0]), control.codes)


def _key_text(code: str) -> str:
    """Return the name of a key for people."""
    for prefix in ("Arrow", "Key", "Digit"):
        code = code.removeprefix(prefix)
    return _NAMES.get(code, code)
