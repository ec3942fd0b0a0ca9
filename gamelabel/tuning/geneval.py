"""GenEval before and after tuning: images in the layout of its detector, and its counts.

GenEval (Ghosh et al. 2023, arXiv 2310.11513) asks for objects, their number, color and position,
and an object detector says whether an image shows them. Its own program `evaluate_images.py` runs
the detector; here its prompts are drawn before, and its results are read afterwards.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from diffusers import FluxPipeline

from gamelabel.files import write_text
from gamelabel.images.pairs import draw_files
from gamelabel.reliability.estimate import estimate_mean

_COLUMNS = ["tag", "prompt", "metadata", "correct"]


def draw_geneval(
    pipe: FluxPipeline,
    prompts: Path,
    folder: Path,
    samples: int = 4,
    seed: int = 0,
    steps: int = 4,
) -> int:
    """Draw GenEval's prompts, each from several seeds, into the folders that its program reads.

    Parameters
    ----------
    pipe : FluxPipeline
        The model, with the adapter that is loaded. Two models with the same `seed` start from the
        same noise.
    prompts : Path
        GenEval's `evaluation_metadata.jsonl`, a JSON object with `prompt` and `tag` a line.
    folder : Path
        Where the images go: `00000/samples/00000.png`, with `metadata.jsonl` of the prompt beside
        `samples`. Images of an interrupted call are not drawn again.
    samples : int
        Images of each prompt.
    seed : int
        Seed of the noise.
    steps : int
        Sampling steps.

    Returns
    -------
    int
        The number of images that were drawn.

    Raises
    ------
    ValueError
        If a line of the file is not such an object.
    """
    files = []
    for i, metadata in enumerate(_read_prompts(prompts)):
        place = folder / f"{i:05d}"
        write_text(place / "metadata.jsonl", json.dumps(metadata))
        for k in range(samples):
            number = seed * 1_000_003 + i * samples + k
            files.append((place / "samples" / f"{k:05d}.png", str(metadata["prompt"]), number))
    return draw_files(pipe, files, steps)


def read_geneval(results: Path) -> pd.DataFrame:
    """Read what GenEval's `evaluate_images.py` wrote.

    Parameters
    ----------
    results : Path
        Its `results.jsonl`, a line for each image.

    Returns
    -------
    DataFrame
        A row for each prompt: `tag`, the task; `prompt`; `metadata`, which identifies the prompt;
        `correct`, the share of its images that are correct; and `images`, their number.

    Raises
    ------
    ValueError
        If the file has other columns or no rows.
    """
    table = pd.read_json(results, orient="records", lines=True)
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise ValueError(
            f"{results.absolute()} has no column {', '.join(missing)}: give the results.jsonl of "
            "GenEval's evaluate_images.py"
        )
    groups = table.groupby("metadata", sort=True)
    by_prompt = groups[["tag", "prompt"]].first()
    by_prompt["correct"] = groups["correct"].mean().astype(float)
    by_prompt["images"] = groups.size()
    return by_prompt.reset_index()


def geneval_changes(tuned: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Estimate GenEval's scores of two models and their difference, prompt by prompt.

    Parameters
    ----------
    tuned, base : DataFrame
        The results of `read_geneval` for both models.

    Returns
    -------
    DataFrame
        A row for each task and one for "overall", which is GenEval's score, the mean over tasks.
        `base` and `tuned` are the shares of images that are correct; `value`, `low`, `high` their
        difference with its 95 % interval over prompts, and `n` the number of prompts.

    Raises
    ------
    ValueError
        If the two models were tested on different prompts.
    """
    both = base.merge(tuned, on="metadata", how="outer", suffixes=("", "_tuned"), indicator=True)
    alone = int((both["_merge"] != "both").sum())
    if alone:
        raise ValueError(
            f"{alone} prompts were tested with one of the two models only: draw the same file of "
            "prompts with both"
        )
    # a task counts as much as any other, whatever its number of prompts
    both["weight"] = 1.0 / both.groupby("tag")["tag"].transform("size")
    tasks = {tag: group for tag, group in both.groupby("tag", sort=True)}
    return pd.DataFrame([_row(name, group) for name, group in (tasks | {"overall": both}).items()])


def _row(task: str, prompts: pd.DataFrame) -> dict[str, object]:
    weights, base, tuned = prompts["weight"], prompts["correct"], prompts["correct_tuned"]
    shares = {
        "base": np.average(base, weights=weights),
        "tuned": np.average(tuned, weights=weights),
    }
    change = estimate_mean(tuned - base, weights=weights, limits=(-1.0, 1.0))
    return {"task": task, **shares, **change._asdict()}


def _read_prompts(path: Path) -> list[dict[str, object]]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or not {"prompt", "tag"} <= set(row):
            raise ValueError(
                f"{path.absolute()}, line {number}: expected an object with prompt and tag, as in "
                "GenEval's evaluation_metadata.jsonl"
            )
        rows.append(row)
    return rows
