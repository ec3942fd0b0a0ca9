"""Reads the file of models that `gamelabel serve --arena` compares; see `docs/annotation.md`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from gamelabel.yaml_fields import Fields, compose_yaml, plain_value

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
BESIDE = " beside "  # in the column `model` of a pair: between the models of its two pictures
_TABLE_ENDINGS = (".csv", ".parquet")
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,60}")
_POOL = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PROMPT_ID = re.compile(r"[^/\x00-\x1f\x7f]{1,100}")
_SHOWN = 3  # prompts that a message lists


@dataclass(frozen=True)
class RankedModels:
    """Models whose pictures are compared, as their file describes them.

    Parameters
    ----------
    pool : str
        The name of the pool of pairs: that of the file, without its ending.
    title : str
        What the ranking is called.
    confidence : float
        The probability that the order is right at which no more votes are asked for.
    most_votes : int
        The number of votes at which no more are asked for in any case; 0 without a limit.
    prompts : dict of str to str
        Each prompt by its id.
    pictures : dict of str to dict
        For each model the picture of each prompt, by the prompt's id.
    """

    pool: str
    title: str
    confidence: float
    most_votes: int
    prompts: dict[str, str]
    pictures: dict[str, dict[str, Path]]

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models, in the order of the file."""
        return tuple(self.pictures)


def read_models(path: str | Path) -> RankedModels:
    """Read a file of models, and look for all pictures that it names.

    Parameters
    ----------
    path : str or Path
        A YAML file with the fields ``prompts`` and ``models`` and, if wanted, ``title``,
        ``confidence`` and ``most_votes``.

    Returns
    -------
    RankedModels

    Raises
    ------
    TaskFileError
        If something is wrong; the message is one sentence with the file and the line.
    """
    path = Path(path).absolute()
    fields = Fields(path, compose_yaml(path), "the file")
    if not _POOL.fullmatch(path.stem):
        raise fields.error(
            "the file's name becomes the name of a pool of pairs and may have letters, digits and"
            f" _ . -, not {path.stem!r}"
        )
    prompts = _prompts(fields)
    pictures = _models(fields, prompts)
    confidence = fields.number("confidence", 0.95)
    if not 0.5 <= confidence < 1:
        raise fields.error(
            f"confidence of the file has to be from 0.5 to below 1, not {confidence:g}",
            fields.node_of("confidence"),
        )
    title, most_votes = fields.text("title", path.stem), fields.whole("most_votes", 0)
    fields.finish()
    return RankedModels(path.stem, title, confidence, most_votes, prompts, pictures)


def _prompts(fields: Fields) -> dict[str, str]:
    """Take the prompts: a mapping of their ids to their texts, or the path of a table of both."""
    node = fields.node_of("prompts")
    if node is None:
        raise fields.error("the file needs the field prompts")
    if isinstance(node, yaml.ScalarNode):
        table = _table(fields, node, "prompts of the file", ("prompt_id", "prompt"))
        prompts = dict(zip(table["prompt_id"], table["prompt"], strict=True))
    else:
        entries = fields.children("prompts")
        values = {name: plain_value(entry) for name, entry in entries.items()}
        for name, value in values.items():
            if not isinstance(value, str):
                text = f"the prompt {name} has to be a text, not {value!r}: put it in quotes"
                raise fields.error(text, entries[name])
        prompts = {name: value.strip() for name, value in values.items()}
    for name, text in prompts.items():
        if not text.strip():
            raise fields.error(f"the prompt {name} is empty", node)
        if not _PROMPT_ID.fullmatch(name):
            problem = f"a prompt's id has 1 to 100 characters and no slash, unlike {name!r:.120}"
            raise fields.error(problem, node)
    if len(prompts) < 2:
        problem = "the file needs two prompts: known answers show a picture of another prompt"
        raise fields.error(problem, node)
    return prompts


def _models(fields: Fields, prompts: dict[str, str]) -> dict[str, dict[str, Path]]:
    node = fields.node_of("models")
    if node is None:
        raise fields.error("the file needs the field models")
    if not isinstance(node, yaml.MappingNode):
        raise fields.error("models of the file has to map each model's name to its pictures", node)
    pictures: dict[str, dict[str, Path]] = {}
    places: dict[Path, str] = {}
    for key, value in node.value:
        name = str(key.value).strip()
        if name in pictures:
            raise fields.error(f"the model {name} is there twice", key)
        if not _NAME.fullmatch(name) or BESIDE in name:
            text = f"a model's name has 1 to 60 characters and not {BESIDE!r}, unlike {name!r:.80}"
            raise fields.error(text, key)
        if not isinstance(value, yaml.ScalarNode) or not value.value.strip():
            text = f"the model {name} needs the path of a folder or table of its pictures"
            raise fields.error(text, value)
        place = _resolved(fields, value)
        if place in places:
            text = f"the models {places[place]} and {name} have the same pictures, {place}"
            raise fields.error(text, value)
        places[place] = name
        pictures[name] = _pictures(fields, name, value, prompts)
    if len(pictures) < 2:
        raise fields.error("the file needs two models to compare", node)
    return pictures


def _pictures(
    fields: Fields, model: str, node: yaml.Node, prompts: dict[str, str]
) -> dict[str, Path]:
    """Return the picture of each prompt, from a folder or a table."""
    place = _resolved(fields, node)
    if place.is_dir():
        files = _in_folder(fields, model, node, place)
    else:
        what = f"the pictures of the model {model}"
        table = _table(fields, node, what, ("prompt_id", "image"))
        names = dict(zip(table["prompt_id"], table["image"], strict=True))
        files = {prompt: place.parent / name for prompt, name in names.items()}
    missing = [prompt for prompt in prompts if prompt not in files]
    if len(missing) == len(prompts):
        text = f"the model {model} has a picture for none of the prompts in {place}"
        raise fields.error(text, node)
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        shown = ", ".join(missing[:_SHOWN]) + more
        text = f"the model {model} has no picture for the prompts {shown} in {place}"
        raise fields.error(text, node)
    for prompt in prompts:
        if not files[prompt].is_file():
            text = f"the picture of the model {model} for the prompt {prompt} is missing:"
            raise fields.error(f"{text} {files[prompt]}", node)
    return {prompt: files[prompt] for prompt in prompts}


def _in_folder(fields: Fields, model: str, node: yaml.Node, folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in PICTURE_ENDINGS:
            continue
        if path.stem in files:
            text = f"the model {model} has two pictures for the prompt {path.stem} in {folder}"
            raise fields.error(text, node)
        files[path.stem] = path
    return files


def _table(fields: Fields, node: yaml.Node, what: str, columns: tuple[str, str]) -> pd.DataFrame:
    """Read a table of two columns of texts; the first has each value once."""
    path = _resolved(fields, node)
    if not path.exists():
        raise fields.error(f"{what}: there is no {path}", node)
    if path.suffix not in _TABLE_ENDINGS:
        endings = " or ".join(_TABLE_ENDINGS)
        raise fields.error(f"{what}: {path} is not a table: those end in {endings}", node)
    try:
        is_csv = path.suffix == ".csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False) if is_csv else None
        table = pd.read_parquet(path) if table is None else table
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise fields.error(f"{what}: {path} cannot be read: {reason}", node) from error
    lacking = [column for column in columns if column not in table]
    if lacking:
        text = f"{what}: {path} has no column {lacking[0]}; it needs {' and '.join(columns)}"
        raise fields.error(text, node)
    table = table[list(columns)].astype(str)
    twice = table[columns[0]][table[columns[0]].duplicated()]
    if len(twice):
        text = f"{what}: {path} has the {columns[0]} {twice.iloc[0]} twice"
        raise fields.error(text, node)
    return table


def _resolved(fields: Fields, node: yaml.Node) -> Path:
    """Return a path of the file, which is relative to the file's folder."""
    return (fields.path.parent / str(node.value).strip()).resolve()
