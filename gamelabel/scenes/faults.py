"""How a picture departs from its prompt, in words: one phrase for each fault."""

from __future__ import annotations

from collections.abc import Sequence

from gamelabel.scenes.detection import DetectedObject
from gamelabel.scenes.grammar import Scene, SceneObject


def describe_faults(
    scene: Scene,
    detected: Sequence[DetectedObject],
    matched: Sequence[DetectedObject | None],
    style: str,
    count: int,
    relation_holds: bool,
) -> tuple[str, ...]:
    """Say how a picture departs from a scene.

    Parameters
    ----------
    scene : Scene
        What the prompt asks for.
    detected : sequence of DetectedObject
        The objects described, at most `MAX_OBJECTS`.
    matched : sequence of DetectedObject or None
        The detected object matched to each object of the scene, None where none is left.
    style : str
        The style of the picture; "" is plain.
    count : int
        Number of all objects in the picture.
    relation_holds : bool
        Whether the relation that the scene asks for holds; true if it asks for none.

    Returns
    -------
    tuple of str
        One phrase for each fault.

    Examples
    --------
    >>> from gamelabel.scenes.grammar import parse
    >>> circle = DetectedObject("circle", "blue", "small", x=20.0, y=20.0, r=8.0, overlap=0.99)
    >>> describe_faults(parse("a red circle"), [circle], [circle], "", 1, True)
    ('the circle is blue, not red',)
    """
    if scene.family == "count":
        faults, unmatched = _count_faults(scene, detected, matched)
    else:
        faults = _object_faults(scene, matched)
        unmatched = [item for item in detected if not any(item is other for other in matched)]
    for item in unmatched:
        words = f"{item.colour} {item.shape}" if item.shape else f"unclear {item.colour} shape"
        faults.append(f"there is {_with_article(words)} besides")
    if further := count - len(detected):
        several = f"there are {further} further objects"
        faults.append(several if further > 1 else "there is a further object")
    if not relation_holds and matched[0] and matched[1]:
        faults.append(_relation_fault(scene, matched[0], matched[1]))
    if scene.style and style != scene.style:
        actual = f"that of a {style}" if style else "plain"
        faults.append(f"the style is {actual}, not that of a {scene.style}")
    return tuple(faults)


def _count_faults(
    scene: Scene, detected: Sequence[DetectedObject], matched: Sequence[DetectedObject | None]
) -> tuple[list[str], list[DetectedObject]]:
    """Faults of a scene that asks for a number of one shape, and the objects of other shapes."""
    shape, number = scene.objects[0].shape, len(scene.objects)
    alike = sum(item.shape == shape for item in detected)
    others = [item for item in detected if item.shape != shape]
    faults = []
    if alike != number:
        faults.append(f"{alike or 'no'} {shape}{'' if alike == 1 else 's'}, not {number}")
    for item, match in zip(scene.objects, matched, strict=True):
        if match is not None and match.shape == shape:
            faults += _attribute_faults("a", item, match)
    return faults, others


def _object_faults(scene: Scene, matched: Sequence[DetectedObject | None]) -> list[str]:
    faults = []
    for item, match in zip(scene.objects, matched, strict=True):
        if match is None:
            faults.append(f"there is no {item.shape}")
            continue
        if match.shape != item.shape:
            actual = _with_article(_shape_name(match))
            faults.append(f"there is {actual}, not {_with_article(item.shape)}")
        faults += _attribute_faults("the", item, match)
    return faults


def _attribute_faults(article: str, item: SceneObject, match: DetectedObject) -> list[str]:
    name, faults = f"{article} {_shape_name(match)}", []
    if item.colour and match.colour != item.colour:
        faults.append(f"{name} is {match.colour or 'of mixed colours'}, not {item.colour}")
    if item.size and match.size != item.size:
        faults.append(f"{name} is {match.size}, not {item.size}")
    return faults


def _relation_fault(scene: Scene, first: DetectedObject, second: DetectedObject) -> str:
    dx, dy = second.x - first.x, second.y - first.y
    if abs(dx) > abs(dy):
        side = "left of" if dx > 0 else "right of"
        side = "far from" if scene.relation == "next to" else side
    else:
        side = "above" if dy > 0 else "below"
    a, b = (item.shape for item in scene.objects)
    return f"the {a} is {side} the {b}, not {scene.relation} it"


def _shape_name(match: DetectedObject) -> str:
    return match.shape or "unclear shape"


def _with_article(words: str) -> str:
    text = " ".join(words.split())  # a mixed colour has no word
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
