"""Simulated annotators as a scorer: they see how far pictures fit their prompt, put them in order, and err."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gamelabel.games.pairs import rank_images
from gamelabel.images.judge import to_judge_size
from gamelabel.scenes import adherence
from gamelabel.tuning.scored import Scorer


def ranked_by_annotators(annotators: int = 30, each: int = 5, seed: int = 0) -> Scorer:
    """A scorer for `draw_scored`: `each` of so many annotators rank a prompt's 4 to 9 pictures; minus the mean rank.

    SIMULATED, by `games.pairs.rank_images`: they see what the world's judge sees, so prompts must be of the world's grammar
    (else UnknownPrompt, a ValueError). The same pictures of the same prompts are ranked alike at every call.
    """

    def score(pictures: NDArray[np.uint8], prompts: Sequence[str]) -> NDArray[np.float64]:
        number = np.arange(len(prompts)).astype(str)
        fit = adherence(to_judge_size(pictures), list(prompts))[1]
        shown = pd.DataFrame({"prompt_id": list(prompts), "image": number, "alignment": fit})
        ranked = rank_images(
            shown, annotators, each, seed + zlib.crc32("\n".join(prompts).encode())
        )
        return -ranked.groupby("image")["rank"].mean().loc[number].to_numpy(float)

    return score
