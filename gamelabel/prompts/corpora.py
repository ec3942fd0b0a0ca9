"""Candidate prompts: where they come from, and how each corpus is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from gamelabel.sources import data_file, sources
from gamelabel.tables.csv_rows import BadFile, csv_rows, is_text

# Kaggle's rturley/stable-diffusion-100k-custom-prompts-and-images (the paper's reference [14]): needs an account
# there, so it is read from where its owner put it. Its table is custom_prompts_df.csv, with these columns.
KAGGLE_ADDRESS = (
    "https://www.kaggle.com/datasets/rturley/stable-diffusion-100k-custom-prompts-and-images"
)
KAGGLE_COLUMNS = ("prompt", "image_file")


@dataclass(frozen=True)
class Corpus:
    """Candidate prompts as they came, repeats and all, and the rows that gave none (columns row, reason)."""

    name: str
    texts: list[str]
    bad: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"row": [], "reason": []}))


class BadCorpus(ValueError):
    """A file that is no corpus: the message says what is wrong with it and what would be right."""


Rows = Iterator[tuple[int, str | None, str]]  # row counted from 1, text, or what is wrong


def _lines(path: Path) -> Rows:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield number, line, ""


def _table(column: str, delimiter: str) -> Callable[[Path], Rows]:
    return lambda path: _column(path, column, delimiter)


def _json(column: str) -> Callable[[Path], Rows]:
    def rows(path: Path) -> Rows:
        for number, entry in enumerate(json.loads(path.read_text(encoding="utf-8")), 1):
            yield number, entry[column], ""

    return rows


def _json_lines(path: Path) -> Rows:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        yield number, json.loads(line)["prompt"], ""


_T2I = ("color", "shape", "complex", "non_spatial", "numeracy", "3d_spatial")
# name -> the outside set that it lies in, and its files, each with its reader
_OUTSIDE: dict[str, tuple[str, dict[str, Callable[[Path], Rows]]]] = {
    "parti": ("prompts_parti", {"PartiPrompts.tsv": _table("Prompt", "\t")}),
    "drawbench": ("prompts_drawbench", {"drawbench.txt": _lines}),
    "dalle3-eval": ("prompts_drawbench", {"dalle3_eval.txt": _lines}),
    "gecko": ("prompts_gecko", {"prompts.csv": _table("prompt", ",")}),
    "geneval": ("geneval", {"evaluation_metadata.jsonl": _json_lines}),
    "t2i-compbench": ("prompts_t2i_compbench", {f"{name}.txt": _lines for name in _T2I}),
    "pick-a-pic": ("prompts_pickapic", {"train.txt": _lines, "test.txt": _lines}),
    "imagereward": (
        "imagereward",
        {
            "refl_data.json": _json("text"),
            "test.json": _json("prompt"),
            "benchmark-prompts.json": _json("prompt"),
        },
    ),
}
OUTSIDE = tuple(_OUTSIDE)


def outside_corpus(name: str, fetch: bool = False) -> Corpus:
    """A published set of prompts, one of OUTSIDE, through `gamelabel.sources`.

    fetch: whether what is not at hand may be downloaded. Raises ValueError for an unknown name,
    `gamelabel.sources.NoData` where the set is not at hand.
    """
    if name not in _OUTSIDE:
        raise ValueError(
            f"no corpus is called {name!r}: outside the world there are {', '.join(OUTSIDE)}"
        )
    key, files = _OUTSIDE[name]
    parts = [_gather(name, reader(data_file(key, file, fetch))) for file, reader in files.items()]
    bad = pd.concat(
        [part.bad.assign(file=file) for part, file in zip(parts, files, strict=True)],
        ignore_index=True,
    )
    return Corpus(name, [text for part in parts for text in part.texts], bad)


def origin(name: str) -> tuple[str, str]:
    """The licence and the address of an outside corpus."""
    source = sources()[_OUTSIDE[name][0]]
    return source.licence, source.address


def csv_corpus(path: str | Path, column: str = KAGGLE_COLUMNS[0], name: str = "kaggle") -> Corpus:
    """A CSV file with a column of prompts, such as Kaggle's custom_prompts_df.csv (KAGGLE_ADDRESS).

    Rows without a prompt, with too few or too many cells, or cut off in the middle are left out and stand in `bad`.
    Raises FileNotFoundError, or BadCorpus where the file is empty, has no such column or no prompt at all.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"no {path}: download the CSV from {KAGGLE_ADDRESS} (an account is needed there)"
        )
    try:
        corpus = _gather(name, _column(path, column))
    except BadFile as error:
        raise BadCorpus(str(error)) from error
    if not corpus.texts:
        raise BadCorpus(
            f"{path} has no prompt in its column {column!r}: {len(corpus.bad)} rows, all bad"
        )
    return corpus


def _column(path: Path, column: str, delimiter: str = ",") -> Rows:
    """The cells of one column; the row after the header is row 1."""
    for row in csv_rows(path, [column], delimiter):
        yield row.number + 1, row.cells.get(column), row.wrong and f"the row {row.wrong}"


def _gather(name: str, rows: Rows) -> Corpus:
    texts, bad = [], []
    for number, text, wrong in rows:
        if wrong:
            bad.append((number, wrong))
        elif not isinstance(text, str):
            bad.append((number, "the prompt is not text"))
        elif not text.strip():
            bad.append((number, "the prompt is empty"))
        elif "\ufffd" in text or not is_text(text):
            bad.append((number, "the prompt is not UTF-8, or was not where it came from (U+FFFD)"))
        else:
            texts.append(text.strip())
    return Corpus(name, texts, pd.DataFrame(bad, columns=["row", "reason"]))
