"""Text-to-image models: a FLUX repository -> pictures, pairs of them for players, and what is true of them.

`base` holds the recipe of the embedded model.
"""

from gamelabel.images.judge import (
    adherence_by_family,
    judge_pairs,
    open_picture,
    share,
    share_table,
)
from gamelabel.images.pairs import draw_pairs, make_pairs, trainable
from gamelabel.images.pipeline import (
    EMBEDDED,
    NotAFluxRepository,
    encode,
    generate,
    load,
    side_of,
    starting_noise,
)
from gamelabel.images.quality import quality_change
from gamelabel.images.several import draw_several, judge_several, plan_several

__all__ = [
    "EMBEDDED",
    "NotAFluxRepository",
    "adherence_by_family",
    "draw_pairs",
    "draw_several",
    "encode",
    "generate",
    "judge_pairs",
    "judge_several",
    "load",
    "make_pairs",
    "open_picture",
    "plan_several",
    "quality_change",
    "share",
    "share_table",
    "side_of",
    "starting_noise",
    "trainable",
]
