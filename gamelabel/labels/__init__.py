"""Tables of prompts, pairs, labels and players: their schema, how they are read and written, labels from outside."""

from gamelabel.labels.card import Tables
from gamelabel.labels.crowd_csv import Annotations, read_annotations, read_crowd
from gamelabel.labels.exported import read_exported, write_dataset, write_parquet
from gamelabel.labels.gather import SOURCES, Gathered, gather, labelled_pairs
from gamelabel.labels.pickapic import read_pickapic
from gamelabel.labels.ranked import ranked_pairs
from gamelabel.labels.rankings import read_rankings
from gamelabel.labels.reading import Reading
from gamelabel.labels.real import PUBLISHED, REAL, RealCrowd, real_crowds
from gamelabel.labels.released import read_released
from gamelabel.labels.released_csv import Written, write_released
from gamelabel.labels.replay import Replay, replay, what_remains
from gamelabel.labels.schema import TABLES
from gamelabel.labels.tables import BadTable, check_table, read_table, split_bad_rows, write_table
from gamelabel.labels.votes import crowd, players_of, votes

__all__ = [
    "PUBLISHED",
    "REAL",
    "SOURCES",
    "TABLES",
    "Annotations",
    "BadTable",
    "Gathered",
    "Reading",
    "RealCrowd",
    "Replay",
    "Tables",
    "Written",
    "check_table",
    "crowd",
    "gather",
    "labelled_pairs",
    "players_of",
    "ranked_pairs",
    "read_annotations",
    "read_crowd",
    "read_exported",
    "read_pickapic",
    "read_rankings",
    "read_released",
    "read_table",
    "real_crowds",
    "replay",
    "split_bad_rows",
    "votes",
    "what_remains",
    "write_dataset",
    "write_parquet",
    "write_released",
    "write_table",
]
