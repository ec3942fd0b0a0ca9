"""Read GameLabel-10K as it was released: one CSV file of 2.26 GB, or the hub's Parquet of it.

Columns: a number, prompt, img0_votes, img0_encoding, img1_votes and img1_encoding. A picture is the
base64 of a JPEG in a Python bytes literal. The release names no players and has no comparison
points. Files that `gamelabel export csv` wrote have a further column, label_source, which says
where their labels come from. Other files in this layout are the user's own: only the release itself
is called released, and only its pictures are known to be FLUX.1-schnell's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from gamelabel.readers.release_size import is_release
from gamelabel.tables.label_tables import OUTSIDE_FOLDER, LabelTables, label_tables
from gamelabel.tables.picture_files import picture_content, suffix_of, write_picture
from gamelabel.tables.released_csv import RELEASED_COLUMNS, SOURCE_COLUMN
from gamelabel.tables.rows import RejectedRow, Row, csv_rows, is_text, parquet_files, parquet_rows
from gamelabel.tables.schema import TABLES

_REPOSITORY = "Jonathan-Zhou/GameLabel-10k"
_MODEL = "black-forest-labs/FLUX.1-schnell"
_MAX_VOTES = 1_000_000  # the release has 0 to 5; a larger number is not a count of votes
_HUB_FILES = {  # name of the source -> revision and files in the repository
    "hub": ("main", "data.csv"),
    "hub-parquet": ("refs/convert/parquet", "*/train/*.parquet"),
}

_Value = TypeVar("_Value")


class _Point(NamedTuple):
    prompt: str
    votes: tuple[int, int]
    pictures: tuple[bytes, bytes]
    source: str


def read_released(
    source: str | Path, run_dir: str | Path, images: str = f"{OUTSIDE_FOLDER}/images"
) -> LabelTables:
    r"""Read the release row by row, and write its pictures to a run.

    Each vote becomes a label without a player. A row that repeats an earlier row is rejected. The
    labels' source is "released" if the data have the size of the release, else "own", unless a
    column label_source says otherwise.

    Parameters
    ----------
    source : str or Path
        The CSV file (one row is in memory), a Parquet file or a folder of such files (one page is
        in memory), "hub" to download the CSV file, or "hub-parquet" for the hub's conversion.
    run_dir : str or Path
        The run's folder.
    images : str, default "outside/images"
        Where in `run_dir` the pictures go.

    Returns
    -------
    LabelTables
        Rows with an invalid cell are left out; `rejected` has each such cell.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or the hub cannot be reached.
    BadFile
        If the file is empty or lacks a column.
    OSError
        If a picture cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "data.csv"
    ...     _ = path.write_text(
    ...         "prompt,img0_votes,img0_encoding,img1_votes,img1_encoding\n"
    ...         "a star,2,b'%',-1,b'/9j/'\n"
    ...     )
    ...     read_released(path, folder).rejected
       row         column                              reason
    0    0     img1_votes                         is negative
    1    0  img0_encoding                       is not base64
    2    0  img1_encoding  the picture is not a readable JPEG or PNG or WEBP
    """
    path = _from_hub(str(source)) if str(source) in _HUB_FILES else Path(source).absolute()
    faults: list[tuple[int, str, str]] = []
    row_of_point: dict[bytes, int] = {}
    pairs: list[dict[str, str]] = []
    labels: list[tuple[str, str, str]] = []
    columns: set[str] = set()
    n_rows = characters = 0
    for row in _rows(path):
        columns |= set(row.cells)
        n_rows += 1
        characters += sum(map(len, row.cells.values()))
        try:
            point = _parse(row)
            key = hashlib.sha256(repr(point).encode()).digest()
            first = row_of_point.setdefault(key, row.number)
            if first != row.number:
                raise RejectedRow(("prompt", f"is the same point as row {first}"))
        except RejectedRow as rejection:
            faults += [(row.number, *fault) for fault in rejection.faults]
            continue
        pair = {"pair_id": f"gl10k-{row.number:05d}", "prompt": point.prompt}
        for side, picture, votes in zip("ab", point.pictures, point.votes, strict=True):
            suffix = suffix_of(picture)
            pair[f"image_{side}"] = f"{images}/{pair['pair_id']}-{side}.{suffix}"
            write_picture(Path(run_dir) / pair[f"image_{side}"], picture)
            labels += [(pair["pair_id"], side, point.source)] * votes
        pairs.append(pair)
    choices = pd.DataFrame(labels, columns=["pair_id", "choice", "source"], dtype=object)
    model = None
    if is_release(columns, n_rows, characters):
        choices, model = choices.assign(source="released"), _MODEL
    return label_tables(_pairs(pairs, model), choices, faults, "gamelabel10k", str(path))


def _pairs(records: list[dict[str, str]], model: str | None) -> pd.DataFrame:
    columns = ["pair_id", "prompt", "image_a", "image_b"]
    frame = pd.DataFrame(records, columns=columns, dtype=object)
    first = frame.groupby("prompt")["pair_id"].transform("first")
    return frame.assign(prompt_id=first + "-prompt", kind="preference", model=model)


def _rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file, of a Parquet file, or of a folder of either, as texts."""
    files = parquet_files(path) if path.is_dir() else []
    if path.suffix == ".parquet" or files:
        for number, cells, error in parquet_rows(
            files or [path], RELEASED_COLUMNS, [SOURCE_COLUMN]
        ):
            yield Row(number, {name: _parquet_cell(cell) for name, cell in cells.items()}, error)
        return
    path = path / "data.csv" if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} not found: give the path of GameLabel-10K\'s data.csv, or "hub"'
        )
    yield from csv_rows(path, RELEASED_COLUMNS)


def _parquet_cell(cell: Any) -> Any:
    """Return a value as its text in a CSV file would be, but pictures as they are."""
    if isinstance(cell, (bytes, dict)):
        return cell
    return "" if cell is None else str(cell)


def _parse(row: Row) -> _Point:
    """Return what a row says, or raise RejectedRow with all of its faults."""
    if row.error:
        raise RejectedRow(("", row.error))
    faults: list[tuple[str, str]] = []

    def parse(column: str, parser: Callable[[Any], _Value], default: _Value) -> _Value:
        try:
            return parser(row.cells[column])
        except RejectedRow as rejection:
            faults.append((column, rejection.faults[0][1]))
            return default

    prompt = parse("prompt", _prompt, "")
    votes = parse("img0_votes", _votes, 0), parse("img1_votes", _votes, 0)
    pictures = (
        parse("img0_encoding", picture_content, b""),
        parse("img1_encoding", picture_content, b""),
    )
    source = "own"
    if SOURCE_COLUMN in row.cells:
        source = parse(SOURCE_COLUMN, _source, "")
    if faults:
        raise RejectedRow(*faults)
    return _Point(prompt, votes, pictures, source)


def _prompt(cell: str) -> str:
    if not cell.strip():
        raise RejectedRow(("", "is empty"))
    if not is_text(cell):
        raise RejectedRow(("", "is not UTF-8"))
    return cell


def _votes(cell: str) -> int:
    try:
        number = float(cell)
    except ValueError:
        raise RejectedRow(("", "is not a number of votes")) from None
    if number < 0:
        raise RejectedRow(("", "is negative"))
    if not number <= _MAX_VOTES or number != int(number):
        raise RejectedRow(("", "is not a number of votes"))
    return int(number)


def _source(cell: str) -> str:
    sources = TABLES["labels"]["source"].allowed
    if cell.lower() not in sources:
        raise RejectedRow(("", f"is not one of {', '.join(sources)}"))
    # the release itself has no such column
    return "own" if cell.lower() == "released" else cell.lower()


def _from_hub(name: str) -> Path:
    """Download the files of the hub, or use earlier downloads; return their folder."""
    from huggingface_hub import snapshot_download

    revision, files = _HUB_FILES[name]
    try:
        folder = snapshot_download(
            _REPOSITORY, repo_type="dataset", revision=revision, allow_patterns=[files]
        )
    except Exception as error:  # of the hub's client, its transport or the disk
        raise FileNotFoundError(
            f"cannot download {_REPOSITORY} from the hub ({type(error).__name__}): "
            "give the path of its data.csv instead"
        ) from error
    return Path(folder)
