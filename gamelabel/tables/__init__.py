"""The tables of the study: their schema, how they are read and written, votes, and exports."""

from gamelabel.tables.checks import BadTable, check_table, split_bad_rows
from gamelabel.tables.export_folder import write_dataset, write_parquet
from gamelabel.tables.label_tables import (
    LabelTables,
    fitting_images,
    labelled_pairs,
    read_label_tables,
)
from gamelabel.tables.released_csv import write_released
from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import read_table, write_table
from gamelabel.tables.votes import count_votes, players_from_labels, to_annotations

__all__ = [
    "TABLES",
    "BadTable",
    "LabelTables",
    "check_table",
    "count_votes",
    "fitting_images",
    "labelled_pairs",
    "players_from_labels",
    "read_label_tables",
    "read_table",
    "split_bad_rows",
    "to_annotations",
    "write_dataset",
    "write_parquet",
    "write_released",
    "write_table",
]
