"""Tables of prompts, pairs, labels and players: their schema, and how they are read and written."""

from gamelabel.labels.schema import TABLES
from gamelabel.labels.tables import BadTable, check_table, read_table, split_bad_rows, write_table

__all__ = ["TABLES", "BadTable", "check_table", "read_table", "split_bad_rows", "write_table"]
