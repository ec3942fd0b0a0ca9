import numpy as np
import pytest
import torch

from gamelabel.reward import clip_score, match_score, pretrain
from gamelabel.reward.pretrain import altered, contrastive_loss, draw_matches
from gamelabel.tuning.loop import Fit
from gamelabel.world import FAMILIES, adherence, parse, sample_prompts, split
from tests.reward.worlds import drawn, tiny


def test_an_altered_prompt_asks_for_something_else_and_stays_in_training():
    rng = np.random.default_rng(0)
    for prompt in sample_prompts(60, 0):
        other = altered(prompt, rng)
        assert parse(other) != parse(prompt) and split(parse(other)) == "train"
        assert len(parse(other).things) == len(parse(prompt).things) or parse(prompt).family == "count"


def test_alterations_reach_every_fact():
    rng = np.random.default_rng(1)
    prompt = "a red circle above a green square"
    assert split(parse(prompt)) == "train"
    found = {altered(prompt, rng) for _ in range(400)}
    plain = {text for text in found if "style" not in text}
    assert plain < found
    assert any("next to" in text or "beside" in text for text in plain)  # the relation
    assert {"a green square above a red circle", "a red circle below a green square"} & plain  # exchanged
    assert any("red circle" not in text for text in plain) and any("green square" not in text for text in plain)
    assert all(sum(("circle" in t, "square" in t, "red" in t, "green" in t)) >= 3 for t in plain)  # one fact at a time


def test_whether_the_other_prompt_fits_is_the_judges_word():
    data = draw_matches(40, seed=1)
    assert data.pictures.shape == (40, 64, 64, 3) and {parse(text).family for text in data.own} == set(FAMILIES)
    assert adherence(data.pictures, data.own)[0].mean() > 0.95
    assert data.fits_other.tolist() == adherence(data.pictures, data.other)[0].tolist()
    assert data.fits_other.mean() < 0.2
    again = draw_matches(40, seed=1)
    assert again.other == data.other and np.array_equal(again.pictures, data.pictures)


def test_the_contrast_by_hand():
    eye = torch.eye(2)
    apart = contrastive_loss(eye, eye, ["x", "y"])
    assert apart.item() == pytest.approx(np.log1p(np.exp(-1 / 0.07)), abs=1e-6)
    assert contrastive_loss(eye, eye.flip(0), ["x", "y"]).item() == pytest.approx(1 / 0.07, rel=1e-4)
    # the same prompt twice: neither picture is to blame for finding the other's
    assert contrastive_loss(torch.ones(2, 1), torch.ones(2, 1), ["x", "x"]).item() == pytest.approx(np.log(2))


def test_it_learns_which_prompts_belong_and_goes_on_where_it_was(tmp_path):
    model = tiny()
    fit = Fit(steps=8, batch=8, rate=2e-3, warm_up=1, average=0.0, low_precision=False)
    pretrain(model, fit, tmp_path / "a", scenes=24)
    log = (tmp_path / "a/log.jsonl").read_text()
    again = pretrain(tiny(), fit, tmp_path / "a", scenes=24)  # finished: nothing is left to do
    assert (tmp_path / "a/log.jsonl").read_text() == log
    prompts = ["a red circle", "two blue stars"]
    pictures = drawn(prompts)
    assert match_score(again, pictures, prompts).tolist() == match_score(model, pictures, prompts).tolist()
    cosines = clip_score(model, pictures, prompts)
    assert cosines.shape == (2,) and (np.abs(cosines) <= 1).all()
