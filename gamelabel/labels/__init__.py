"""Tables of prompts, pairs, labels and players: their schema, how they are read and written, labels from outside."""

from gamelabel.labels.crowd_csv import read_crowd
from gamelabel.labels.gather import SOURCES, Gathered, gather, labelled_pairs
from gamelabel.labels.reading import Reading
from gamelabel.labels.released import read_released
from gamelabel.labels.schema import TABLES
from gamelabel.labels.tables import BadTable, check_table, read_table, split_bad_rows, write_table
from gamelabel.labels.votes import crowd, players_of, votes

__all__ = [
    "SOURCES",
    "TABLES",
    "BadTable",
    "Gathered",
    "Reading",
    "check_table",
    "crowd",
    "gather",
    "labelled_pairs",
    "players_of",
    "read_crowd",
    "read_released",
    "read_table",
    "split_bad_rows",
    "votes",
    "write_table",
]
