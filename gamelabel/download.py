"""Download a file so that an interrupted download goes on where it ended."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

_CHUNK = 1 << 16  # bytes
OnBytes = Callable[[int, int], None]  # bytes that have arrived, and all, 0 if unknown


def fetch_file(address: str, path: Path, timeout: float, on_bytes: OnBytes | None = None) -> None:
    """Download a file, or the rest of it.

    Parameters
    ----------
    address : str
        Where it is, http or https.
    path : Path
        Where to write it. What another call has written there is continued if the server can, and
        replaced otherwise. A process that downloads the same file is waited for.
    timeout : float
        Seconds without an answer after which to give up.
    on_bytes : callable, optional
        Called with the number of bytes that have arrived and that of the whole file.

    Raises
    ------
    ConnectionError
        If the server cannot be reached or ends the connection. What has arrived is kept.
    OSError
        If it has no such file.
    """
    import requests

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        start = path.stat().st_size
        headers = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"}
        try:
            with requests.get(address, headers=headers, stream=True, timeout=timeout) as answer:
                if start and answer.status_code == requests.codes.requested_range_not_satisfiable:
                    return  # it is complete
                answer.raise_for_status()
                if answer.status_code != requests.codes.partial_content:
                    file.truncate(start := 0)
                _write(answer, file, start, on_bytes)
        except requests.HTTPError:
            raise
        except requests.RequestException as error:
            raise ConnectionError(str(error)) from None


def _write(answer: Any, file: BinaryIO, start: int, on_bytes: OnBytes | None) -> None:
    length = int(answer.headers.get("Content-Length", 0))
    total, arrived = start + length if length else 0, start
    for chunk in answer.iter_content(_CHUNK):
        file.write(chunk)
        arrived += len(chunk)
        if on_bytes is not None:
            on_bytes(arrived, total)
    if arrived < total:
        raise ConnectionError(f"the connection ended after {arrived:,} of {total:,} bytes")
