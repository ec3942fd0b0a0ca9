import sys

import numpy as np
import pytest
import torch

from gamelabel.models.blip_scenes import pretrain
from gamelabel.models.blip_scenes.matches import draw_matches
from gamelabel.models.blip_scenes.pretraining import (
    contrastive_loss,
    masked_words_loss,
    pretraining_loss,
)
from gamelabel.reward import clip_score, match_score
from gamelabel.training import Step, TrainingConfig
from tests.reward.worlds import drawn, tiny


def test_the_contrast_by_hand():
    eye = torch.eye(2)
    apart = contrastive_loss(eye, eye, ["x", "y"])
    assert apart.item() == pytest.approx(np.log1p(np.exp(-1 / 0.07)), abs=1e-6)
    assert contrastive_loss(eye, eye.flip(0), ["x", "y"]).item() == pytest.approx(
        1 / 0.07, rel=1e-4
    )
    # the same prompt twice: neither picture is to blame for finding the other's
    assert contrastive_loss(torch.ones(2, 1), torch.ones(2, 1), ["x", "x"]).item() == pytest.approx(
        np.log(2)
    )


def test_it_learns_which_prompts_belong_and_goes_on_where_it_was(tmp_path):
    model = tiny()
    fit = TrainingConfig(
        steps=8, batch_size=8, learning_rate=2e-3, warmup_steps=1, ema_decay=0.0, bf16=False
    )
    pretrain(model, fit, tmp_path / "a", scenes=24)
    log = (tmp_path / "a/log.jsonl").read_text()
    again = pretrain(tiny(), fit, tmp_path / "a", scenes=24)  # finished: nothing is left to do
    assert (tmp_path / "a/log.jsonl").read_text() == log
    prompts = ["a red circle", "two blue stars"]
    pictures = drawn(prompts)
    assert (
        match_score(again, pictures, prompts).tolist()
        == match_score(model, pictures, prompts).tolist()
    )
    cosines = clip_score(model, pictures, prompts)
    assert cosines.shape == (2,) and (np.abs(cosines) <= 1).all()


def test_masked_words_are_told_from_the_others_and_from_the_picture():
    model = tiny()
    prompts = ["a red circle", "two blue stars"] * 8
    seen = model.blip.vision_model(model.look(drawn(prompts))).last_hidden_state
    ids = model.read(prompts)["input_ids"]
    asked = []
    model.blip.text_encoder.register_forward_pre_hook(
        lambda *call: asked.append(call[2]), with_kwargs=True
    )
    loss = masked_words_loss(model, seen, prompts, torch.Generator().manual_seed(0))
    given = asked[0]["input_ids"]
    hidden, special = given != ids, torch.isin(ids, torch.tensor(model.tokenizer.all_special_ids))
    assert (given[hidden] == model.tokenizer.mask_token_id).all() and not (hidden & special).any()
    assert 0.3 < hidden.sum() / (~special).sum() < 0.7  # about half
    words = len(model.tokenizer)
    assert loss.item() == pytest.approx(
        np.log(words), rel=0.15
    )  # untrained, any word is as likely as another


def test_a_spoilt_picture_teaches_matching_only(monkeypatch):
    model, data = tiny(), draw_matches(8, seed=3)
    data = data._replace(fits_own=np.arange(8) < 3)
    told, module = (
        [],
        sys.modules["gamelabel.models.blip_scenes.pretraining"],
    )  # whose name the function has as well
    monkeypatch.setattr(
        module, "towers", lambda model, seen, texts: told.append(texts) or (seen, seen)
    )
    monkeypatch.setattr(module, "contrastive_loss", lambda *_: torch.zeros(()))
    pretraining_loss(model, data, 64)(Step(0, torch.Generator().manual_seed(0)))
    assert set(told[0]) == set(data.own[:3])
