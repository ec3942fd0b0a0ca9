"""ImageRewardDB's layout: a row a picture, with its ratings, its rank and the prompt's category.

A JSON list of ``id``, ``prompt``, ``generations`` and ``ranking``, the layout of ImageReward's
test set, is read as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gamelabel.files import replacing
from gamelabel.games.annotation.answer_tables import StoredAnswer
from gamelabel.games.annotation.layouts.answer_collector import AnswerCollector
from gamelabel.games.annotation.layouts.answer_set import AnswerSet, LayoutResult, RowPlace
from gamelabel.games.annotation.layouts.picture_folder import picture_to_write
from gamelabel.games.annotation.task_kinds import RATINGS
from gamelabel.readers.json_records import json_text, name_in, read_list, value_in
from gamelabel.tables.rows import BadFile, RejectedRow, parquet_rows

ANNOTATOR = "imagereward"  # the layout does not name people
_RATINGS = dict(
    zip(
        RATINGS,
        ("overall_rating", "image_text_alignment_rating", "fidelity_rating"),
        strict=True,
    )
)
_SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("image_path", "prompt_id", "prompt")),
        pa.field("classification", pa.string()),
        *(pa.field(name, pa.int64()) for name in ("image_amount_in_total", "rank")),
        *(pa.field(name, pa.int64()) for name in _RATINGS.values()),
    ]
)
_NEEDED = ("image_path", "prompt_id", "prompt", "rank")
_KINDS = ("categorise", "rate", "rank")
_FILE = "metadata-train.parquet"
_EXPECTED = (
    "a metadata file of ImageRewardDB (Parquet or JSON), a folder of such files, or ImageReward's "
    "test.json"
)


def read_imagereward(
    source: str | Path, pictures: Path | None = None, close_gaps: bool = False
) -> AnswerSet:
    """Read ratings, rankings and categories in ImageRewardDB's layout.

    Parameters
    ----------
    source : str or Path
        A Parquet or JSON file with a row a picture, or a folder of such files; or a JSON list of
        rankings with ``generations``.
    pictures : Path, optional
        The folder to which the paths of pictures are relative; without it their sizes are unknown.
    close_gaps : bool, default False
        Whether rankings with gaps are renumbered, not rejected. About a third of ImageReward's
        test set has gaps.

    Returns
    -------
    AnswerSet
        All answers are of the annotator `ANNOTATOR`; whether a prompt is problematic is unknown.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    BadFile
        If a file is not of this layout.
    """
    source = Path(source).absolute()
    collector = AnswerCollector(pictures, close_gaps)
    for file in _files(source):
        rows = list(_rows(file, collector))
        prompts: dict[str, list[tuple[RowPlace, dict[str, Any]]]] = defaultdict(list)
        for place, row in rows:
            try:
                prompts[name_in(row, "prompt_id")].append((place, row))
            except RejectedRow as rejection:
                _reject(collector, place, rejection)
        for prompt_id, listed in prompts.items():
            _add_prompt(collector, prompt_id, listed)
    return collector.result


def write_imagereward(
    answers: AnswerSet, folder: Path, pictures: Path | None = None
) -> LayoutResult:
    """Write ratings, rankings and categories in ImageRewardDB's layout.

    The layout has one annotator a prompt: of several, the one who answered most is written.

    Parameters
    ----------
    answers : AnswerSet
        The answers.
    folder : Path
        A folder that exists.
    pictures : Path, optional
        The folder of the pictures; if it is given, they are copied.

    Returns
    -------
    LayoutResult
        With the answers that the layout has no place for.
    """
    by_prompt: dict[str, dict[str, list[StoredAnswer]]] = {}
    omitted: dict[str, int] = defaultdict(int)
    for answer in answers.answers:
        if answer.kind in _KINDS:
            people = by_prompt.setdefault(answer.prompt_id, {})
            people.setdefault(answer.annotator_id, []).append(answer)
        else:
            omitted[f"answers to {answer.kind}: the layout has no column for them"] += 1
    rows: list[dict[str, Any]] = []
    for prompt_id, people in by_prompt.items():
        chosen = max(people.values(), key=len)
        rows += _prompt_rows(answers, prompt_id, chosen)
        others = sum(map(len, people.values())) - len(chosen)
        if others:
            omitted["answers of further annotators: the layout has one a prompt"] += others
        judged = [a for a in chosen if a.answer.get("problematic") is not None]
        if judged:
            omitted["judgments of whether a prompt is problematic: there is no column"] += 1
    with replacing(folder / _FILE) as partial:
        pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), partial)
    if pictures is not None:
        copy_pictures([row["image_path"] for row in rows], pictures, folder)
    return LayoutResult({_FILE: len(rows)}, dict(omitted))


def copy_pictures(names: list[str], pictures: Path, folder: Path) -> None:
    """Copy the pictures of a project to a folder, under the same names.

    Parameters
    ----------
    names : list of str
        Their paths.
    pictures : Path
        The folder to which they are relative.
    folder : Path
        Where they are copied.

    Raises
    ------
    ValueError
        If a path leads out of the folder, or there is no picture.
    """
    for name in names:
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"the picture {name} is not in {pictures}: rename it")
        content = picture_to_write(name, pictures)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _prompt_rows(
    answers: AnswerSet, prompt_id: str, answered: list[StoredAnswer]
) -> Iterator[dict[str, Any]]:
    """Yield the row of each picture of a prompt that a person annotated."""
    prompt = answers.prompts[prompt_id]
    cells: dict[str, dict[str, Any]] = {picture: {} for picture in prompt.pictures}
    category = None
    for answer in answered:
        if answer.kind == "categorise":
            category = answer.answer["category"]
        elif answer.kind == "rate":
            ratings = {column: answer.answer[name] for name, column in _RATINGS.items()}
            cells[answer.pictures[0]] |= ratings
        else:
            for place, tied in enumerate(answer.answer["places"], 1):
                for number in tied:
                    cells[answer.pictures[number]]["rank"] = place
    for picture, row in cells.items():
        yield {
            "image_path": picture,
            "prompt_id": prompt_id,
            "prompt": prompt.text,
            "classification": category,
            "image_amount_in_total": len(cells),
            **row,
        }


def _files(source: Path) -> list[Path]:
    """Return the files of a source: metadata tables, or else JSON files."""
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise FileNotFoundError(f"{source} not found: give {_EXPECTED}")
    files = sorted(source.glob("*.parquet")) or sorted(source.rglob("*.json"))
    if not files:
        raise BadFile(f"{source} has no Parquet or JSON file: give {_EXPECTED}")
    return files


def _rows(file: Path, collector: AnswerCollector) -> Iterator[tuple[RowPlace, dict[str, Any]]]:
    """Yield the rows of a file, one a picture, with their places."""
    if file.suffix == ".parquet":
        columns = [name for name in _SCHEMA.names if name in _columns(file)]
        for row in parquet_rows([file], list(dict.fromkeys([*_NEEDED, *columns]))):
            place = RowPlace(str(file), row.number)
            if row.error:
                collector.reject(place, "", f"{row.error}; download the file again")
            else:
                yield place, row.cells
        return
    for number, record in enumerate(read_list(file, _EXPECTED)):
        place = RowPlace(str(file), number)
        if not isinstance(record, dict) or not record:
            reason = f"is {json_text(record)}, not an object with content: download it again"
            collector.reject(place, "", reason)
        elif "generations" in record:
            yield from _ranking_rows(place, record, collector)
        else:
            yield place, record


def _columns(file: Path) -> list[str]:
    try:
        return list(pq.read_schema(file).names)
    except (pa.ArrowException, OSError) as error:
        raise BadFile(f"{file} is not a complete Parquet file ({error})") from error


def _ranking_rows(
    place: RowPlace, record: dict[str, Any], collector: AnswerCollector
) -> Iterator[tuple[RowPlace, dict[str, Any]]]:
    """Yield a row for each picture of a record of rankings."""
    pictures, ranks = record["generations"], record.get("ranking", [])
    are_lists = isinstance(pictures, list) and isinstance(ranks, list)
    if not are_lists or len(pictures) != len(ranks):
        reason = f"is {json_text(ranks)}, not a list with a rank for each of `generations`"
        collector.reject(place, "ranking", reason)
        return
    common = {"prompt_id": record.get("id"), "prompt": record.get("prompt")}
    for picture, rank in zip(pictures, ranks, strict=True):
        yield place, {**common, "image_path": picture, "rank": rank}


def _add_prompt(
    collector: AnswerCollector, prompt_id: str, rows: list[tuple[RowPlace, dict[str, Any]]]
) -> None:
    """Add a prompt, and what the rows of its pictures say."""
    ranks: dict[str, Any] = {}
    without_rank = (place for place, row in rows if type(row.get("rank")) is not int)
    rank_place = next(without_rank, rows[0][0])
    categories: dict[str, RowPlace] = {}
    for place, row in rows:
        try:
            text, picture = value_in(row, "prompt", str), value_in(row, "image_path", str)
            category = value_in(row, "classification", str)
            if not picture:
                raise RejectedRow(("image_path", "is empty: name the picture"))
        except RejectedRow as rejection:
            _reject(collector, place, rejection)
            continue
        if picture in ranks:
            collector.reject(place, "image_path", f"{picture!r} is there twice: keep one row")
            continue
        collector.add_prompt(place, prompt_id, text, [picture])
        prompt = collector.result.prompts.get(prompt_id)
        if prompt is None or prompt.text != text:
            continue  # which was reported
        ranks[picture] = row.get("rank")
        if category:
            categories.setdefault(category, place)
        ratings = {name: row.get(column) for name, column in _RATINGS.items()}
        if any(rating is not None for rating in ratings.values()):
            collector.add(place, ANNOTATOR, prompt_id, "rate", [picture], ratings)
    if prompt_id not in collector.result.prompts:
        return
    for number, (category, place) in enumerate(categories.items()):
        if number:
            reason = f"{category!r} is not that of the prompt's other rows: make them the same"
            collector.reject(place, "classification", reason)
            continue
        value: Mapping[str, Any] = {"category": category, "problematic": None}
        collector.add(place, ANNOTATOR, prompt_id, "categorise", [], value)
    if any(rank is not None for rank in ranks.values()):
        places = {"places": list(ranks.values())}
        collector.add(rank_place, ANNOTATOR, prompt_id, "rank", list(ranks), places)


def _reject(collector: AnswerCollector, place: RowPlace, rejection: RejectedRow) -> None:
    for column, reason in rejection.faults:
        collector.reject(place, column, reason)
