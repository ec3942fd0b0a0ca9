"""Candidate prompts: published sets, and CSV files of the user's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from gamelabel.sources import data_file, sources
from gamelabel.tables.rows import BadFile, csv_header, csv_rows, is_text, text_lines

# Kaggle's rturley/stable-diffusion-100k-custom-prompts-and-images, reference [14] of the paper. It
# needs an account there, so it is read from a file: custom_prompts_df.csv, with these columns.
KAGGLE_ADDRESS = (
    "https://www.kaggle.com/datasets/rturley/stable-diffusion-100k-custom-prompts-and-images"
)
KAGGLE_COLUMNS = ("prompt", "image_file")


@dataclass(frozen=True)
class Corpus:
    """Candidate prompts as they came, repeats included.

    Attributes
    ----------
    name : str
        The name of the corpus.
    texts : list of str
        The prompts.
    rejected : DataFrame
        The rows that gave no prompt: columns row (counted from 1) and reason.
    """

    name: str
    texts: list[str]
    rejected: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"row": [], "reason": []}))


class BadCorpus(ValueError):
    """A file that is not a corpus; the message says what is wrong and what is expected."""


Rows = Iterator[tuple[int, str | None, str]]  # row counted from 1, text, or what is wrong with it


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
_IMAGEREWARD = {"refl_data.json": "text", "test.json": "prompt", "benchmark-prompts.json": "prompt"}
# name -> the set of `gamelabel.sources` that has it, and its files, each with its reader
_PUBLISHED: dict[str, tuple[str, dict[str, Callable[[Path], Rows]]]] = {
    "parti": ("prompts_parti", {"PartiPrompts.tsv": _table("Prompt", "\t")}),
    "drawbench": ("prompts_drawbench", {"drawbench.txt": _lines}),
    "dalle3-eval": ("prompts_drawbench", {"dalle3_eval.txt": _lines}),
    "gecko": ("prompts_gecko", {"prompts.csv": _table("prompt", ",")}),
    "geneval": ("geneval", {"evaluation_metadata.jsonl": _json_lines}),
    "t2i-compbench": ("prompts_t2i_compbench", {f"{name}.txt": _lines for name in _T2I}),
    "pick-a-pic": ("prompts_pickapic", {"train.txt": _lines, "test.txt": _lines}),
    "imagereward-test": ("imagereward", {"test.json": _json("prompt")}),  # ships
    "imagereward": ("imagereward", {file: _json(key) for file, key in _IMAGEREWARD.items()}),
}
PUBLISHED_CORPORA = tuple(_PUBLISHED)


def published_corpus(name: str, fetch: bool = False) -> Corpus:
    """Return a published set of prompts.

    Parameters
    ----------
    name : str
        One of `PUBLISHED_CORPORA`.
    fetch : bool
        Whether a set that is not available may be downloaded.

    Returns
    -------
    Corpus
        The prompts of all files of the set.

    Raises
    ------
    ValueError
        For an unknown name.
    gamelabel.sources.DataNotFound
        For a set that is not available.
    """
    if name not in _PUBLISHED:
        known = ", ".join(PUBLISHED_CORPORA)
        raise ValueError(f"no published corpus {name!r}: the corpora are {known}")
    key, files = _PUBLISHED[name]
    parts = {
        file: _collect(name, read(data_file(key, file, fetch))) for file, read in files.items()
    }
    rejected = [part.rejected.assign(file=file) for file, part in parts.items()]
    texts = [text for part in parts.values() for text in part.texts]
    return Corpus(name, texts, pd.concat(rejected, ignore_index=True))


def origin(name: str) -> tuple[str, str]:
    """Return the licence and the address of a published corpus.

    >>> origin("parti")
    ('Apache-2.0', 'https://github.com/google-research/parti')
    """
    source = sources()[_PUBLISHED[name][0]]
    return source.licence, source.address


def csv_corpus(path: str | Path, column: str = KAGGLE_COLUMNS[0], name: str = "kaggle") -> Corpus:
    r"""Read a CSV file with a column of prompts, such as Kaggle's (see `KAGGLE_ADDRESS`).

    Rows without a prompt, with too few or too many cells, or cut off in the middle are left out and
    listed in `Corpus.rejected`.

    Parameters
    ----------
    path : path
        The file.
    column : str
        The column with the prompts.
    name : str
        Name of the corpus.

    Returns
    -------
    Corpus
        The prompts of the file.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    BadCorpus
        If the file is empty, has no such column, or has no prompt.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "prompts.csv")
    >>> _ = path.write_text("prompt,image_file\na cat,0.png\n")
    >>> csv_corpus(path).texts
    ['a cat']
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"no file {path.absolute()}: download the CSV from {KAGGLE_ADDRESS} (this needs an "
            "account there), or give the path of another file"
        )
    try:
        _, delimiter = csv_header(path, f"a CSV file with a column {column!r}")
        corpus = _collect(name, _column(path, column, delimiter))
    except BadFile as error:
        raise BadCorpus(str(error)) from error
    if not corpus.texts:
        fault = _first_fault(corpus, "row") or "it has no row below its header"
        raise BadCorpus(f"{path.absolute()} has no prompt in its column {column!r}: {fault}")
    return corpus


def text_corpus(path: str | Path) -> Corpus:
    r"""Read a text file with one prompt a line, in UTF-8 or UTF-16; empty lines do not count.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Corpus
        The prompts of the file, named by it.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    BadCorpus
        If the file has no prompt.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "prompts.txt")
    >>> _ = path.write_text("a cat\n\na dog\n")
    >>> text_corpus(path).texts
    ['a cat', 'a dog']
    """
    path = Path(path)
    lines = enumerate(text_lines(path, "a text file with one prompt a line"), 1)
    corpus = _collect(path.stem, ((number, line, "") for number, line in lines if line.strip()))
    if not corpus.texts:
        fault = _first_fault(corpus, "line") or "it must have one prompt a line"
        raise BadCorpus(f"{path.absolute()} has no prompt: {fault}")
    return corpus


def _first_fault(corpus: Corpus, unit: str) -> str:
    """Say how many rows or lines gave no prompt, and why the first did not; empty for none."""
    if corpus.rejected.empty:
        return ""
    first = corpus.rejected.iloc[0]
    return f"of {len(corpus.rejected)} {unit}s none can be used; {unit} {first.row}: {first.reason}"


def _column(path: Path, column: str, delimiter: str = ",") -> Rows:
    """Return the cells of one column; the row after the header is row 1."""
    for row in csv_rows(path, [column], delimiter):
        yield row.number + 1, row.cells.get(column), row.error and f"the row {row.error}"


def _collect(name: str, rows: Rows) -> Corpus:
    texts, rejected = [], []
    for number, text, problem in rows:
        if problem:
            rejected.append((number, problem))
        elif not isinstance(text, str):
            rejected.append((number, "the prompt is not text"))
        elif not text.strip():
            rejected.append((number, "the prompt is empty"))
        elif "\ufffd" in text or not is_text(text):
            reason = "the prompt is not UTF-8, or was not where it came from (U+FFFD)"
            rejected.append((number, reason))
        else:
            texts.append(text.strip())
    return Corpus(name, texts, pd.DataFrame(rejected, columns=["row", "reason"]))
