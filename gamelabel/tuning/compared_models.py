"""Tuned models compared on prompts of the labels themselves that no adapter learned from.

The exact judge reads prompts of the drawn world only. For any other prompts, scorers and people
compare two images of the same prompt and noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from diffusers import FluxPipeline

from gamelabel.files import snake, write_text
from gamelabel.images.pairs import draw_files
from gamelabel.reward.scorer import Scorer
from gamelabel.tuning.adapter import load_adapter
from gamelabel.tuning.versus import outcomes_by_score, win_matrix

_BASE = "base"
_PROMPTS_FILE = "prompts.txt"


def hold_out_prompts(
    preferred: pd.DataFrame, share: float, seed: int
) -> tuple[pd.DataFrame, list[str]]:
    """Keep the pairs of some prompts from tuning.

    Parameters
    ----------
    preferred : DataFrame
        The result of `preference_pairs`.
    share : float
        Share of the prompts to hold out, 0 to 1. Above 0 it is at least one prompt.
    seed : int
        Seed of the choice.

    Returns
    -------
    learned : DataFrame
        The rows of the other prompts.
    prompts : list of str
        The prompts that were held out.

    Raises
    ------
    ValueError
        If no prompt would be left to learn from.
    """
    texts = np.sort(preferred["prompt"].unique())
    n = max(round(share * len(texts)), int(share > 0))
    if n >= len(texts):
        raise ValueError(
            f"{n} of {len(texts)} prompts cannot be held out: none would be left to learn from"
        )
    held_out = np.random.default_rng(seed).permutation(texts)[:n].tolist()
    learned = preferred[~preferred["prompt"].isin(held_out)]
    return learned.reset_index(drop=True), held_out


def draw_models(
    pipe: FluxPipeline,
    adapters: Mapping[str, Path],
    prompts: Sequence[str],
    folder: Path,
    seed: int = 0,
    steps: int = 4,
) -> dict[str, list[Path]]:
    """Draw the same prompts from the same noise by the base and with each adapter.

    Parameters
    ----------
    pipe : FluxPipeline
        The base.
    adapters : mapping of str to Path
        The file of each adapter, by the name of its model.
    prompts : sequence of str
        N prompts.
    folder : Path
        Where the images are kept, a subfolder for each model; images of an interrupted call are not
        drawn again. Its file `prompts.txt` has a prompt a line, for `gamelabel serve --compare`.
    seed : int
        Seed of the noise.
    steps : int
        Sampling steps.

    Returns
    -------
    dict of str to list of Path
        N files for "base" and for each adapter.
    """
    write_text(folder / _PROMPTS_FILE, "".join(" ".join(text.split()) + "\n" for text in prompts))
    files = {
        name: [folder / snake(name) / f"{i:05d}.png" for i in range(len(prompts))]
        for name in (_BASE, *adapters)
    }
    seeds = [seed * 1_000_003 + i for i in range(len(prompts))]
    draw_files(pipe, list(zip(files[_BASE], prompts, seeds, strict=True)), steps)
    for name, adapter in adapters.items():
        load_adapter(pipe, adapter)
        try:
            draw_files(pipe, list(zip(files[name], prompts, seeds, strict=True)), steps)
        finally:
            pipe.unload_lora_weights()
    return files


def compare_models(
    files: Mapping[str, Sequence[Path]], prompts: Sequence[str], scorers: Mapping[str, Scorer]
) -> pd.DataFrame:
    """Let scorers judge every two models on the same prompts.

    Parameters
    ----------
    files : mapping of str to sequence of Path
        The images of each model, see `draw_models`.
    prompts : sequence of str
        The N prompts.
    scorers : mapping of str to Scorer
        The scorers by name, see `reward.published_scorers`.

    Returns
    -------
    DataFrame
        A row for each scorer and each two models: `judge`; `model` and `over`, the one that comes
        later in `files` and the one that comes earlier; and `value`, `low`, `high`, `n` of the
        share of prompts on which the image of `model` has the higher score. Equal scores are half a
        win.

    Raises
    ------
    ValueError
        If scores are not finite.
    """
    rows = []
    for judge, score in scorers.items():
        scores = {name: score(paths, prompts) for name, paths in files.items()}
        matrix = win_matrix(outcomes_by_score(scores), list(files)).set_index(["first", "second"])
        for over, model in combinations(files, 2):
            rate = matrix.loc[(model, over)].to_dict() | {"n": int(matrix.loc[(model, over), "n"])}
            rows.append({"judge": judge, "model": model, "over": over, **rate})
    return pd.DataFrame(rows, columns=["judge", "model", "over", "value", "low", "high", "n"])
