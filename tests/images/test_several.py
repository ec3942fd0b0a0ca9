import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gamelabel.images import draw_several, judge_several, pairs, plan_several
from gamelabel.scenes import UnknownPrompt, draw, parse

PROMPTS = pd.DataFrame({"prompt_id": ["p", "q"], "text": ["a red circle", "two blue stars"]})


@pytest.fixture
def drawing(monkeypatch):
    """Draw scenes instead of generating pictures; record the requested prompts and seeds."""
    requested = []

    def generate(pipe, prompts, seeds, steps, guidance, batch_size):
        requested.extend(seeds)
        yield np.stack([draw(parse(text), seed) for text, seed in zip(prompts, seeds, strict=True)])

    monkeypatch.setattr(pairs, "generate", generate)
    monkeypatch.setattr(pairs, "fit_batch_size", lambda pipe, batch_size: batch_size)
    monkeypatch.setattr(pairs, "weights_hash", lambda pipe: "")
    return requested


def test_every_prompt_gets_as_many_each_with_its_own_seed():
    plan = plan_several(PROMPTS, 4, seed=1)
    assert plan.groupby("prompt_id").size().tolist() == [4, 4]
    assert plan.image.is_unique and plan.seed.is_unique
    assert plan.seed.between(0, 2**31 - 1).all(), "the database of the service has 32 bits"
    assert plan.image[5] == "images/q-1.png" and plan.prompt[5] == "two blue stars"
    assert plan_several(PROMPTS, 4, seed=1).equals(plan) and not plan_several(
        PROMPTS, 4, seed=2
    ).equals(plan)
    with pytest.raises(ValueError, match="0 images per prompt"):
        plan_several(PROMPTS, 0, seed=1)


def test_only_what_is_missing_is_drawn_and_it_is_judged(drawing, tmp_path):
    plan = plan_several(PROMPTS, 3, seed=1, folder="several")
    assert draw_several(None, plan, tmp_path, batch_size=6) == 6 and drawing == plan.seed.tolist()
    (tmp_path / plan.image[2]).write_bytes(b"")
    assert draw_several(None, plan, tmp_path, batch_size=6) == 1
    Image.fromarray(draw(parse("a blue square"), 0)).save(tmp_path / plan.image[0])
    judged = judge_several(plan, tmp_path)
    assert judged.fits.tolist() == [False] + [True] * 5
    assert judged.alignment[0] < 1 == judged.alignment[1]


def test_a_prompt_that_the_judge_cannot_read(drawing, tmp_path):
    plan = plan_several(PROMPTS, 1, seed=1)
    draw_several(None, plan, tmp_path, batch_size=2)
    with pytest.raises(UnknownPrompt):
        judge_several(plan.assign(prompt="a cat"), tmp_path)
