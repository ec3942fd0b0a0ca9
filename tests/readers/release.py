"""Valid rows and files in the format of GameLabel-10K's data.csv."""

import base64
import csv
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from gamelabel.readers import release_size

HEADER = ["", "prompt", "img0_votes", "img0_encoding", "img1_votes", "img1_encoding"]


def jpeg(seed: int, side: int = 24) -> bytes:
    """Return a small noisy JPEG."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=60)
    return out.getvalue()


def cell(content: bytes, quote: str = "'") -> str:
    """Encode a picture as in the release: base64 as a bytes literal."""
    return f"b{quote}{base64.b64encode(content).decode()}{quote}"


def rows(n: int, start: int = 0) -> list[list[str]]:
    """Return valid rows with votes as in the release and both kinds of quotation marks."""
    votes = [(3, 1), (0, 3), (1, 2), (2, 3), (2, 2), (0, 0), (1, 0)]
    return [
        [
            str(i),
            f"Creative teenage boy, number {i}, “crayon” 星",
            str(votes[i % 7][0]),
            cell(jpeg(2 * i), "'\""[i % 2]),
            str(votes[i % 7][1]),
            cell(jpeg(2 * i + 1), "\"'"[i % 2]),
        ]
        for i in range(start, start + n)
    ]


def write(path: Path, table: list[list[str]], header: list[str] = HEADER) -> Path:
    """Write a CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *table])
    return path


def count_as_the_release(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """Let data of n rows have the size by which the release is recognized."""
    monkeypatch.setattr(release_size, "ROWS", (n, n))
    monkeypatch.setattr(release_size, "CHARACTERS", (0, 10**9))


def to_parquet(
    folder: Path, table: list[list[str]], header: list[str], group: int = 3, **options: object
) -> Path:
    """Write `0000.parquet` as the hub converts it: integer votes, and nulls for empty cells."""
    columns = {
        name or "Unnamed: 0": [row[i] or None for row in table] for i, name in enumerate(header)
    }
    for name in ("img0_votes", "img1_votes"):
        columns[name] = [int(votes) for votes in columns[name]]
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "0000.parquet", row_group_size=group, **options)
    return folder / "0000.parquet"
