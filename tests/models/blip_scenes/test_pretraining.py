import numpy as np
import pytest
import torch

from gamelabel.models.blip_scenes import pretrain_blip, pretraining
from gamelabel.models.blip_scenes.matching_data import draw_matching_data
from gamelabel.models.blip_scenes.pretraining import (
    contrastive_loss,
    masked_words_loss,
    pretraining_loss,
)
from gamelabel.reward.baselines import clip_score, match_score
from gamelabel.training import TrainingConfig, TrainingStep
from tests.reward.tiny_data import draw_prompts, tiny_model


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


def test_it_trains_and_resumes(tmp_path):
    model = tiny_model()
    fit = TrainingConfig(
        steps=8, batch_size=8, learning_rate=2e-3, warmup_steps=1, ema_decay=0.0, bf16=False
    )
    pretrain_blip(model, fit, tmp_path / "a", n_scenes=24)
    log = (tmp_path / "a/log.jsonl").read_text()
    again = pretrain_blip(
        tiny_model(), fit, tmp_path / "a", n_scenes=24
    )  # finished: nothing is left to do
    assert (tmp_path / "a/log.jsonl").read_text() == log
    prompts = ["a red circle", "two blue stars"]
    pictures = draw_prompts(prompts)
    assert (
        match_score(again, pictures, prompts).tolist()
        == match_score(model, pictures, prompts).tolist()
    )
    cosines = clip_score(model, pictures, prompts)
    assert cosines.shape == (2,) and (np.abs(cosines) <= 1).all()


def test_masked_words_are_predicted_from_the_other_words_and_the_image():
    model = tiny_model()
    prompts = ["a red circle", "two blue stars"] * 8
    states = model.encode_images(model.load_images(draw_prompts(prompts)))
    ids = model.tokenize(prompts)["input_ids"]
    calls = []
    model.blip.text_encoder.register_forward_pre_hook(
        lambda *call: calls.append(call[2]), with_kwargs=True
    )
    loss = masked_words_loss(model, states, prompts, torch.Generator().manual_seed(0))
    assert calls[0]["encoder_hidden_states"] is states
    masked = calls[0]["input_ids"] != ids
    special = torch.isin(ids, torch.tensor(model.tokenizer.all_special_ids))
    assert (calls[0]["input_ids"][masked] == model.tokenizer.mask_token_id).all()
    assert not (masked & special).any()
    assert 0.3 < masked.sum() / (~special).sum() < 0.7  # about half
    # untrained, every word is about as likely as another
    assert loss.item() == pytest.approx(np.log(len(model.tokenizer)), rel=0.15)


def test_an_altered_image_is_used_by_the_matching_loss_only(monkeypatch):
    model, data = tiny_model(), draw_matching_data(8, seed=3)
    data = data._replace(fits_prompt=np.arange(8) < 3)
    prompts = []

    def embed_separately(states, texts):
        rows = [data.prompts.index(text) for text in texts]
        expected = model.encode_images(model.load_images(data.images[rows]))
        torch.testing.assert_close(states, expected, atol=1e-4, rtol=1e-4)
        prompts.extend(texts)
        return states, states

    monkeypatch.setattr(model, "embed_separately", embed_separately)
    monkeypatch.setattr(pretraining, "contrastive_loss", lambda *_: torch.zeros(()))
    pretraining_loss(model, data, 64)(TrainingStep(0, torch.Generator().manual_seed(0)))
    assert set(prompts) == set(data.prompts[:3])
