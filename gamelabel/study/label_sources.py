"""Get the labels of a run: simulated players choose, or labels are read from elsewhere."""

from __future__ import annotations

from pathlib import Path

from gamelabel.games.pairs import Crowd, Rules, simulate
from gamelabel.readers.column_names import parse_columns
from gamelabel.readers.registry import FILE_SOURCES, LabelSource
from gamelabel.tables.label_tables import OUTSIDE_FOLDER, LabelTables
from gamelabel.tables.rows import BadFile
from gamelabel.tables.table_files import read_table, write_table

_SHOWN_FAULTS = 3  # cells that an error message shows

LABEL_SOURCES: dict[str, LabelSource] = {
    "simulated": LabelSource("simulated players of the labelling game", "", "simulated", read=None),
    **FILE_SOURCES,
    "database": LabelSource(
        "people who played the labelling game",
        "address of the service's database, such as sqlite:///game.db",
        "game",
        lambda file, run_dir, gold, columns: read_game_database(file, run_dir),
    ),
}


def collect_labels(
    source: str,
    run_dir: str | Path,
    file: str = "",
    gold: str = "",
    columns: str = "",
    players: int = 188,
    seed: int = 0,
    crowd: Crowd | None = None,
    rules: Rules | None = None,
) -> LabelTables:
    """Get labels and write the tables `labels` and `players` to the run's folder.

    Pairs that come with the labels are written to its subfolder "outside", where
    `gamelabel.tables.labelled_pairs` finds them.

    Parameters
    ----------
    source : str
        A key of `LABEL_SOURCES`.
    run_dir : str or Path
        The run's folder. Simulated players label the pairs of its table `pairs` by the true
        adherence in its table `adherence`, or by taste if that is empty.
    file : str, default ""
        What the source needs; see `LABEL_SOURCES`.
    gold : str, default ""
        CSV file of known answers, for the source "csv".
    columns : str, default ""
        Columns of the source "csv", as `gamelabel.readers.column_names.parse_columns` reads them,
        such as "task=HITId, label=Answer.choice"; the others by their usual names. Of an annotation
        tool the question and the answer that is a tie, "label=better, tie=same".
    players, seed, crowd, rules
        Parameters of the simulation; see `gamelabel.games.pairs.simulate`.

    Returns
    -------
    LabelTables
        The tables, and the cells of the file that could not be used.

    Raises
    ------
    ValueError
        If the source is unknown, its file is not given, it has no such columns to name, or no label
        can be read.
    FileNotFoundError
        If a file or a table of the run does not exist.
    """
    run_dir = Path(run_dir)
    if source not in LABEL_SOURCES:
        known = ", ".join(LABEL_SOURCES)
        raise ValueError(f"there is no source of labels {source!r}; the sources are {known}")
    entry = LABEL_SOURCES[source]
    if entry.file and not file:
        raise ValueError(f"labels from {source} need a file: set labels_file to the {entry.file}")
    named_columns = parse_columns(columns)
    fixed = [name for name in named_columns if name not in entry.columns]
    if fixed:
        usable = f"may name {', '.join(entry.columns)} only" if entry.columns else "must be empty"
        raise ValueError(f"labels from {source} have a fixed {fixed[0]}: label_columns {usable}")
    if entry.read is None:
        pairs, adherence = read_table(run_dir, "pairs"), read_table(run_dir, "adherence")
        truth = adherence if len(adherence) else None  # own prompts or pictures: a matter of taste
        played = simulate(pairs, truth, players, seed, crowd, rules)
        tables = LabelTables(pairs, played.labels, played.players)
        # pairs of an earlier run with labels from elsewhere
        (run_dir / OUTSIDE_FOLDER / "pairs.parquet").unlink(missing_ok=True)
    else:
        tables = entry.read(file, run_dir, gold, named_columns)
        if tables.labels.empty:
            raise BadFile(_nothing_read(source, file, tables))
        write_table(tables.pairs, run_dir / OUTSIDE_FOLDER, "pairs")
    write_table(tables.labels, run_dir, "labels")
    write_table(tables.players, run_dir, "players")
    return tables


def _nothing_read(source: str, file: str, tables: LabelTables) -> str:
    """Say why there are no labels: by the first cells that could not be used."""
    path = Path(file).absolute()
    place = str(path) if path.exists() else "it"  # an address may contain a password
    faults = tables.rejected.drop_duplicates(["column", "reason"]).head(_SHOWN_FAULTS)
    reasons = [
        f"row {fault.row}, {fault.column or 'the whole row'}: {fault.reason}"
        for fault in faults.itertuples()
    ]
    why = f": {'; '.join(reasons)}" if reasons else ""
    return f"labels from {source}: {place} has no label that can be read{why}"


def read_game_database(address: str, run_dir: Path) -> LabelTables:
    """Read the labelling game's database, see `read_database`.

    The service's packages are imported only here.
    """
    try:
        from gamelabel.service.pairs.export import read_database
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"labels from a database need the package {error.name}: "
            "pip install 'gamelabel[service]'"
        ) from error
    return read_database(address, run_dir)
