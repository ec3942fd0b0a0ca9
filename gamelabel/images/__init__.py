"""Text-to-image models: a FLUX repository, its images, pairs of them for players, their judge."""

from gamelabel.images.appearance import measure_appearance
from gamelabel.images.judge import adherence_by_family, judge_pairs, read_image, share_table
from gamelabel.images.pairs import draw_pairs, drop_held_out, make_pairs
from gamelabel.images.pipeline import FLUX_SCENES, generate, load_pipeline, sampling_sigmas
from gamelabel.images.quality import appearance_change, quality_change
from gamelabel.images.several import draw_several, judge_several, plan_several

__all__ = [
    "FLUX_SCENES",
    "adherence_by_family",
    "appearance_change",
    "draw_pairs",
    "draw_several",
    "drop_held_out",
    "generate",
    "judge_pairs",
    "judge_several",
    "load_pipeline",
    "make_pairs",
    "measure_appearance",
    "plan_several",
    "quality_change",
    "read_image",
    "sampling_sigmas",
    "share_table",
]
