"""Reads a prompt and its pictures from the YAML file of an annotation project."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from PIL import Image, UnidentifiedImageError

from gamelabel.files import sha256_text
from gamelabel.games.annotation.task_kinds import FEWEST_RANKED, MOST_PICTURES
from gamelabel.tables.upright_pictures import check_depth
from gamelabel.yaml_fields import Fields, plain_value

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True)
class AnnotationPrompt:
    """A prompt and its pictures.

    Parameters
    ----------
    prompt_id : str
        Its name.
    text : str
        The prompt.
    pictures : tuple of str
        The files of its pictures as the project names them.
    """

    prompt_id: str
    text: str
    pictures: tuple[str, ...]


def is_name(text: Any) -> bool:
    """Whether something can be the name of a prompt or an option."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def read_prompt(fields: Fields, fewest: int) -> AnnotationPrompt:
    """Read a prompt from a mapping, which may have further fields.

    Parameters
    ----------
    fields : Fields
        The mapping with ``prompt``, ``pictures`` and, if wanted, ``id``.
    fewest : int
        How many pictures it needs.

    Raises
    ------
    TaskFileError
        If something is wrong; the message is one sentence with the file and the line.
    """
    text = fields.text("prompt", None)
    if not text or "\0" in text:
        raise fields.error(
            "a prompt has no words, or a character that is not text", fields.node_of("prompt")
        )
    fields.what = f"the prompt {text[:40]!r}"
    prompt_id = fields.take("id", _identifier, "1 to 64 letters, digits and _ . -", "")
    nodes = fields.items("pictures")
    if not fewest <= len(nodes) <= MOST_PICTURES:
        number = "1 picture" if len(nodes) == 1 else f"{len(nodes)} pictures"
        why = " because pictures are ranked" if fewest == FEWEST_RANKED else ""
        raise fields.error(f"{fields.what} has {number}; it needs {fewest} to {MOST_PICTURES}{why}")
    pictures: list[str] = []
    for picture_node in nodes:
        name = _picture(fields, picture_node)
        if name in pictures:
            raise fields.error(f"{fields.what} has the picture {name} twice", picture_node)
        pictures.append(name)
    return AnnotationPrompt(prompt_id or sha256_text(text)[:12], text, tuple(pictures))


def _identifier(value: Any) -> str:
    if isinstance(value, int):
        raise TypeError("put it in quotes")
    if not is_name(value):
        raise ValueError
    return str(value)


def _picture(fields: Fields, node: yaml.Node) -> str:
    """Return the name of a picture that exists and can be opened."""
    name = plain_value(node)
    if not isinstance(name, str):
        raise fields.error(f"a picture of {fields.what} has to be the name of a file", node)
    file = fields.path.parent / name
    try:
        with Image.open(file) as picture:
            check_depth(picture)
    except FileNotFoundError as error:
        problem = f"the picture {file} of {fields.what} does not exist"
        raise fields.error(problem, node) from error
    except UnidentifiedImageError as error:
        raise fields.error(f"{file} of {fields.what} is not a picture", node) from error
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        problem = f"the picture {file} of {fields.what} cannot be shown: {error}"
        raise fields.error(problem, node) from error
    return name
