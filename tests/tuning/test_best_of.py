"""The upper bound of selection: the image that fits its prompt best, by the exact judge."""

import numpy as np
import torch

from gamelabel.images.pipeline import load_pipeline
from gamelabel.scenes import draw, parse
from gamelabel.tuning.best_of import best_of_judge, generate_judged, judge_scores
from tests.tuning.tiny_model import PROMPTS


def test_the_judge_counts_the_facts_that_an_image_shows():
    images = np.stack([draw(parse("a red circle"), 1), draw(parse("a blue circle"), 1)])
    scores = judge_scores(images, ["a red circle", "a red circle"])
    assert scores[0] == 1 and 0 < scores[1] < 1


def test_the_best_of_each_prompt_is_selected(tmp_path):
    pipe = load_pipeline(device="cpu")
    prompts = ["three blue stars", "a red circle above a blue star"]
    scored = generate_judged(pipe, prompts, 6, tmp_path)
    (name, best), *others = best_of_judge(pipe, prompts, 6, tmp_path).items()
    assert name == "best of 6" and not others
    for row, latents in enumerate(best.latents):
        same = (scored.latents[row] == latents).all(2).all(1)
        assert scored.scores[row][same].item() == scored.scores[row].max()
    assert torch.equal(best.text.pooled, scored.text.pooled)


def test_prompts_that_the_judge_cannot_read_have_no_best(pipe, tmp_path):
    assert best_of_judge(pipe, [*PROMPTS, "a shark in a T-shirt"], 2, tmp_path) == {}
    assert not list(tmp_path.iterdir()), "nothing is generated"
