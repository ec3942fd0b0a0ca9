"""The name of a served descent, under which its rewards are booked."""

from __future__ import annotations

import secrets
from pathlib import Path

from gamelabel.files import write_text


def descent_name(folder: Path) -> str:
    """Return the name of the descent in a folder: a random one, drawn before its first table.

    Two descents in one database thus pay their rounds apart, whatever their folders are called. A
    descent that was there before descents had names has the empty name, as have its rewards.

    Parameters
    ----------
    folder : Path
        The folder of the descent.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     descent_name(Path(folder)) == descent_name(Path(folder))
    True
    """
    path = folder / "descent_name.txt"
    if not path.is_file():
        is_from_before = (folder / "examples.parquet").is_file()
        write_text(path, "" if is_from_before else secrets.token_hex(8))
    return path.read_text(encoding="utf-8")
