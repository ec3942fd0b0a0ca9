"""Labels from elsewhere: one source a file, and one registry of the sources."""

from gamelabel.readers.crowd_csv import read_annotations, read_crowd
from gamelabel.readers.crowd_pairs import Annotations
from gamelabel.readers.exported import read_exported
from gamelabel.readers.imagereward import read_rankings
from gamelabel.readers.pickapic import read_pickapic
from gamelabel.readers.ranked_pairs import ranked_pairs
from gamelabel.readers.real_crowds import (
    PUBLISHED_ACCURACY,
    REAL_CROWDS,
    RealCrowd,
    crowd_sizes,
    missing_text,
    real_crowds,
    timed_labels,
)
from gamelabel.readers.registry import FILE_SOURCES, LabelSource
from gamelabel.readers.released import read_released

__all__ = [
    "FILE_SOURCES",
    "PUBLISHED_ACCURACY",
    "REAL_CROWDS",
    "Annotations",
    "LabelSource",
    "RealCrowd",
    "crowd_sizes",
    "missing_text",
    "ranked_pairs",
    "read_annotations",
    "read_crowd",
    "read_exported",
    "read_pickapic",
    "read_rankings",
    "read_released",
    "real_crowds",
    "timed_labels",
]
