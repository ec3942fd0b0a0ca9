"""Tables of prompts, pairs, labels and players: their schema, how they are read and written, and votes."""

from gamelabel.tables.schema import TABLES
from gamelabel.tables.table_files import (
    BadTable,
    check_table,
    labelled_pairs,
    read_table,
    split_bad_rows,
    write_table,
)
from gamelabel.tables.votes import crowd, players_of, votes

__all__ = [
    "TABLES",
    "BadTable",
    "check_table",
    "crowd",
    "labelled_pairs",
    "players_of",
    "read_table",
    "split_bad_rows",
    "votes",
    "write_table",
]
