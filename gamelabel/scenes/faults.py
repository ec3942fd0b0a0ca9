"""What is wrong with a picture, in words: one phrase for each way in which it departs from its prompt."""

from __future__ import annotations

from collections.abc import Sequence

from gamelabel.scenes.grammar import Scene, Thing
from gamelabel.scenes.see import Found


def faults(
    scene: Scene,
    objects: Sequence[Found],
    taken: Sequence[Found | None],
    style: str,
    count: int,
    related: bool,
) -> tuple[str, ...]:
    """Say how a picture departs from a scene.

    objects: those described, of `count` in all; taken: the object taken for each thing of the scene, None where none
    is left; style: that of the picture; related: whether the relation that the scene asks for, if any, holds.
    """
    shape, number = scene.things[0].shape, len(scene.things)
    if scene.family == "count":
        alike = [found for found in objects if found.shape == shape]
        besides = [found for found in objects if found.shape != shape]
        wrong = [] if len(alike) == number else [f"{_how_many(len(alike), shape)}, not {number}"]
        for thing, found in zip(scene.things, taken, strict=True):
            if found is not None and found.shape == shape:
                wrong += _differences("a", thing, found)
    else:
        besides = [found for found in objects if not any(found is other for other in taken)]
        wrong = []
        for thing, found in zip(scene.things, taken, strict=True):
            if found is None:
                wrong.append(f"there is no {thing.shape}")
                continue
            if found.shape != thing.shape:
                wrong.append(f"there is {_a(_name(found))}, not {_a(thing.shape)}")
            wrong += _differences("the", thing, found)
    for found in besides:
        words = f"{found.colour} {found.shape}" if found.shape else f"unclear {found.colour} shape"
        wrong.append(f"there is {_a(words)} besides")
    if further := count - len(objects):
        wrong.append(
            f"there are {further} further objects" if further > 1 else "there is a further object"
        )
    if not related and taken[0] and taken[1]:
        wrong.append(_where(scene, taken[0], taken[1]))
    if scene.style and style != scene.style:
        wrong.append(
            f"the style is {f'that of a {style}' if style else 'plain'}, not that of a {scene.style}"
        )
    return tuple(wrong)


def _differences(article: str, thing: Thing, found: Found) -> list[str]:
    name, wrong = f"{article} {_name(found)}", []
    if thing.colour and found.colour != thing.colour:
        wrong.append(f"{name} is {found.colour or 'of mixed colours'}, not {thing.colour}")
    if thing.size and found.size != thing.size:
        wrong.append(f"{name} is {found.size}, not {thing.size}")
    return wrong


def _where(scene: Scene, first: Found, second: Found) -> str:
    """Where the first of two objects stands, and where it should."""
    dx, dy = second.x - first.x, second.y - first.y
    if abs(dx) > abs(dy):
        side = "left of" if dx > 0 else "right of"
        side = "far from" if scene.relation == "next to" else side
    else:
        side = "above" if dy > 0 else "below"
    names = [thing.shape for thing in scene.things]
    return f"the {names[0]} is {side} the {names[1]}, not {scene.relation} it"


def _name(found: Found) -> str:
    return found.shape or "unclear shape"


def _how_many(number: int, shape: str) -> str:
    return f"{number or 'no'} {shape}{'' if number == 1 else 's'}"


def _a(words: str) -> str:
    text = " ".join(words.split())  # a mixed colour has no word
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
