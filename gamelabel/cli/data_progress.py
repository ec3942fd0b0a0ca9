"""Download data sets and show how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

from gamelabel.sources import (
    DataNotFound,
    data_file,
    download_folder,
    find_source,
    missing_files,
    sources,
)


def fetch_sets(names: Sequence[str]) -> bool:
    """Download what is missing of data sets, all of them if none is named.

    Parameters
    ----------
    names : sequence of str
        Keys of `data/sources.yaml`.

    Returns
    -------
    bool
        Whether everything that was named is here now. Files that cannot be downloaded do not count
        if no set was named.

    Raises
    ------
    ValueError
        If there is no such set; nothing was downloaded.
    """
    files = [(key, name) for key in names or sources() for name in missing_files(key)]
    by_hand = [pair for pair in files if not find_source(pair[0]).files[pair[1]].address]
    files = [pair for pair in files if pair not in by_hand]
    console = Console(highlight=False, soft_wrap=True)
    if not files and not by_hand:
        console.print("Everything is here.")
        return True
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    )  # fmt: skip
    failed = 0
    with Progress(*columns, console=console, transient=True) as shown:
        for number, (key, name) in enumerate(files, 1):
            title = f"{number} of {len(files)}: {key}/{name}"
            task = shown.add_task(title, total=None)
            show = partial(_show, shown, task)
            try:
                path = data_file(key, name, on_bytes=show)
                console.print(f"{title}: {path}", markup=False)
            except DataNotFound as error:
                failed += 1
                console.print(f"{title}: {error}", markup=False)
                if isinstance(error.__cause__, ConnectionError):
                    console.print("Run the same command again: what has arrived is kept.")
                    break  # the next would only wait as long
            finally:
                shown.remove_task(task)
    for key, name in by_hand:
        text = find_source(key).files[name].by_hand
        console.print(f"{key}/{name} cannot be downloaded: it is {text}", markup=False)
    if files and not failed:
        console.print(f"{len(files)} files in {download_folder()}", markup=False)
    return not failed and not (names and by_hand)


def _show(shown: Progress, task: TaskID, arrived: int, total: int) -> None:
    shown.update(task, completed=arrived, total=total or None)
