"""Labels from elsewhere, one source a file, and labels written so that others can read them."""

from gamelabel.readers.crowd_csv import Annotations, read_annotations, read_crowd
from gamelabel.readers.dataset_card import Tables
from gamelabel.readers.exported import read_exported, write_dataset, write_parquet
from gamelabel.readers.imagereward import read_rankings
from gamelabel.readers.pickapic import read_pickapic
from gamelabel.readers.ranked_pairs import ranked_pairs
from gamelabel.readers.reading import Reading
from gamelabel.readers.real_crowds import PUBLISHED, REAL, RealCrowd, real_crowds
from gamelabel.readers.released import read_released
from gamelabel.readers.released_csv import Written, write_released

__all__ = [
    "PUBLISHED",
    "REAL",
    "Annotations",
    "Reading",
    "RealCrowd",
    "Tables",
    "Written",
    "ranked_pairs",
    "read_annotations",
    "read_crowd",
    "read_exported",
    "read_pickapic",
    "read_rankings",
    "read_released",
    "real_crowds",
    "write_dataset",
    "write_parquet",
    "write_released",
]
