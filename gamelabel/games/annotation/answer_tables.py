"""The tables of answers, one a kind of task: a Parquet file each, with a schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.files import replacing
from gamelabel.games.annotation.task_kinds import RATINGS, prompt_words


def _texts(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.string(), nullable=False) for name in names]


def _whole_numbers(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.int64(), nullable=False) for name in names]


def _truths(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.bool_(), nullable=False) for name in names]


def _shares(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.float64(), nullable=False) for name in names]


def _listed(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, pa.list_(kind), nullable=False)


_ANSWER = _texts("answer_id", "annotator_id", "prompt_id")
_ABOUT_ONE = [*_ANSWER, *_texts("picture")]
_WHEN = [
    pa.field("response_ms", pa.int64()),  # null unless the annotator allowed it
    pa.field("answered_at", pa.timestamp("ms", tz="UTC")),  # null if no times are stored
]
# By the kind of task, and the prompts and pictures that the answers are about.
ANSWER_TABLES = {
    "prompts": pa.schema(_texts("prompt_id", "prompt")),
    # null if the picture's file was not available when answers from elsewhere were read
    "pictures": pa.schema(
        [*_texts("prompt_id", "picture"), *(pa.field(s, pa.int64()) for s in ("width", "height"))]
    ),
    # problematic is null where a layout does not say it
    "categorise": pa.schema(
        [*_ANSWER, *_texts("category"), pa.field("problematic", pa.bool_()), *_WHEN]
    ),
    "rate": pa.schema([*_ABOUT_ONE, *_whole_numbers(*RATINGS), *_WHEN]),
    "issues": pa.schema([*_ABOUT_ONE, _listed("issues", pa.string()), *_WHEN]),
    "words": pa.schema(
        [*_ABOUT_ONE, _listed("missing", pa.string()), _listed("positions", pa.int64()), *_WHEN]
    ),
    "regions": pa.schema(
        [*_ABOUT_ONE, _listed("x", pa.float64()), _listed("y", pa.float64()), *_WHEN]
    ),
    # a row a picture; equal places of an answer are a tie
    "rank": pa.schema([*_ABOUT_ONE, *_whole_numbers("place"), *_WHEN]),
    "compare": pa.schema([*_ANSWER, *_texts("chosen", "rejected", "shown_left"), *_WHEN]),
}
# Of projects that qualify, trust or inspect their annotators.
QUALITY_TABLES = {
    "agreement": pa.schema(
        [
            *_texts("kind", "between"),
            *(
                pa.field(name, pa.float64(), nullable=False)
                for name in ("agreement", "low", "high")
            ),
            *_whole_numbers("pairs", "prompts"),
        ]
    ),
    "annotators": pa.schema(
        [
            *_texts("annotator_id", "state"),
            *_truths("is_inspector", "qualified"),
            *_whole_numbers("prompts", "failed_tries", "known_right", "known_wrong"),
        ]
    ),
    "known_answers": pa.schema([*_ANSWER, *_texts("kind"), *_truths("in_test", "is_right")]),
    "inspections": pa.schema(
        [
            *_texts("item_id", "prompt_id", "annotator_id", "inspector_id"),
            *_whole_numbers("round"),
            *_texts("decision", "reason"),
            pa.field("decided_at", pa.timestamp("ms", tz="UTC")),
        ]
    ),
    "corrections": pa.schema(
        [
            *_texts("answer_id", "inspector_id", "prompt_id", "kind"),
            _listed("pictures", pa.string()),
            *_texts("answer"),  # JSON with the names of pictures
        ]
    ),
}


class StoredAnswer(NamedTuple):
    """An answer with what it is about.

    Attributes
    ----------
    answer_id, annotator_id, prompt_id, prompt, kind : str
        Its name, who gave it, the prompt's name and text, and the kind of task.
    pictures : sequence of str
        All pictures of the prompt, which the answer's numbers are about.
    about : tuple of int
        The pictures of the step, in the order in which they were shown.
    answer : dict
        From `answers.check_annotation`.
    response_ms, answered_ms : int or None
        How long it took, and when it was given, in milliseconds since 1970.
    """

    answer_id: str
    annotator_id: str
    prompt_id: str
    prompt: str
    kind: str
    pictures: Sequence[str]
    about: tuple[int, ...]
    answer: dict[str, Any]
    response_ms: int | None
    answered_ms: int | None


def answer_rows(stored: StoredAnswer) -> list[dict[str, Any]]:
    """Return the rows of an answer in the table of its kind.

    Examples
    --------
    >>> answer = {"places": [[1], [0, 2], [3]]}
    >>> files = ["a.png", "b.png", "c.png", "d.png"]
    >>> stored = StoredAnswer("i-0", "ann", "p1", "", "rank", files, (), answer, None, None)
    >>> [(row["picture"], row["place"]) for row in answer_rows(stored)]
    [('b.png', 1), ('a.png', 2), ('c.png', 2), ('d.png', 3)]
    """
    answered_at = None
    if stored.answered_ms is not None:
        answered_at = datetime.fromtimestamp(stored.answered_ms / 1000, UTC)
    common = {
        "answer_id": stored.answer_id,
        "annotator_id": stored.annotator_id,
        "prompt_id": stored.prompt_id,
        "response_ms": stored.response_ms,
        "answered_at": answered_at,
    }
    return [{**common, **row} for row in _ROWS[stored.kind](stored)]


def write_answer_table(rows: Iterable[dict[str, Any]], folder: Path, name: str) -> None:
    """Write a table of `ANSWER_TABLES` or `QUALITY_TABLES` to a folder.

    Parameters
    ----------
    rows : iterable of dict
        A value for each column.
    folder : Path
        Where the file `NAME.parquet` is written.
    name : str
        The name of the table.
    """
    table = pa.Table.from_pylist(list(rows), (ANSWER_TABLES | QUALITY_TABLES)[name])
    with replacing(folder / f"{name}.parquet") as partial:
        pq.write_table(table, partial)


def _about_one(stored: StoredAnswer) -> dict[str, Any]:
    return {"picture": stored.pictures[stored.about[0]]}


def _categorise(stored: StoredAnswer) -> list[dict[str, Any]]:
    return [stored.answer]


def _rate(stored: StoredAnswer) -> list[dict[str, Any]]:
    return [{**_about_one(stored), **stored.answer}]


def _issues(stored: StoredAnswer) -> list[dict[str, Any]]:
    return [{**_about_one(stored), **stored.answer}]


def _words(stored: StoredAnswer) -> list[dict[str, Any]]:
    words, positions = prompt_words(stored.prompt), stored.answer["words"]
    missing = [words[position] for position in positions]
    return [{**_about_one(stored), "missing": missing, "positions": positions}]


def _regions(stored: StoredAnswer) -> list[dict[str, Any]]:
    points = stored.answer["points"]
    shares = {"x": [x for x, _ in points], "y": [y for _, y in points]}
    return [{**_about_one(stored), **shares}]


def _rank(stored: StoredAnswer) -> list[dict[str, Any]]:
    return [
        {"picture": stored.pictures[picture], "place": place}
        for place, tied in enumerate(stored.answer["places"], 1)
        for picture in tied
    ]


def _compare(stored: StoredAnswer) -> list[dict[str, Any]]:
    chosen, (left, right) = stored.answer["chosen"], stored.about
    rejected = right if chosen == left else left
    numbers = {"chosen": chosen, "rejected": rejected, "shown_left": left}
    return [{name: stored.pictures[number] for name, number in numbers.items()}]


_ROWS = {
    "categorise": _categorise,
    "rate": _rate,
    "issues": _issues,
    "words": _words,
    "regions": _regions,
    "rank": _rank,
    "compare": _compare,
}
