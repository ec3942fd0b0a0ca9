"""The methods with a reward: what each learns from, and that on a tiny problem it finds what it is told to find."""

import numpy as np
import pytest
import torch

from gamelabel.flow import few_step_sigmas, integrate
from gamelabel.images.latents import decode_latents
from gamelabel.images.pipeline import encode_prompts, starting_noise
from gamelabel.training import Step, TrainingConfig, train
from gamelabel.tuning.adapter import (
    add_adapter,
    base_of,
    fingerprint,
    put_on,
    remove_adapter,
    tune_adapter,
)
from gamelabel.tuning.data import join
from gamelabel.tuning.filtering import filtering_loss, marked
from gamelabel.tuning.losses import dpo
from gamelabel.tuning.pairwise import pairwise_loss
from gamelabel.tuning.raft import raft_loss
from gamelabel.tuning.refl import refl_loss, to_pixels
from gamelabel.tuning.rounds import tune_in_rounds
from gamelabel.tuning.scene_pictures import drawn_scenes
from gamelabel.tuning.scored import draw_scored
from gamelabel.tuning.sft import sft_loss
from gamelabel.tuning.weighted import scaled, weighted_loss
from tests.tuning.worlds import PROMPTS, SHORT, make_pipe, redness


@pytest.fixture(scope="module")
def pipe():
    return make_pipe()


@pytest.fixture(scope="module")
def drawn(pipe, tmp_path_factory):
    return draw_scored(pipe, PROMPTS, 3, redness, "red", tmp_path_factory.mktemp("drawn"))


@pytest.fixture
def adapted(pipe):
    add_adapter(pipe.transformer, rank=4)
    yield pipe
    remove_adapter(pipe.transformer)


def zero(step: Step) -> tuple[torch.Tensor, dict]:
    return torch.zeros(()), {}


def value(loss, seed=0) -> float:
    with torch.no_grad():
        return loss(Step(0, torch.Generator().manual_seed(seed)))[0].item()


def test_raft_is_supervised_tuning_on_the_best(pipe, drawn):
    ours = value(raft_loss(pipe.transformer, drawn, 4))
    assert ours == value(sft_loss(pipe.transformer, drawn.best(), 4))
    assert ours != value(sft_loss(pipe.transformer, drawn.worst(), 4))


def test_bad_pictures_are_learned_under_a_prompt_that_says_so(pipe, drawn, tmp_path):
    bad = marked(pipe, drawn.worst(), PROMPTS)
    assert torch.equal(bad.clean, drawn.worst().clean)
    assert torch.equal(
        bad.text.embeds,
        encode_prompts(pipe, [f"Weird image. {prompt}" for prompt in PROMPTS]).embeds,
    )
    scenes = drawn_scenes(pipe, 4)
    all_three = join((drawn.best(), bad, scenes), tmp_path)
    assert torch.equal(all_three.clean, torch.cat((drawn.best().clean, bad.clean, scenes.clean)))
    assert torch.equal(
        all_three.text.pooled,
        torch.cat((drawn.best().text.pooled, bad.text.pooled, scenes.text.pooled)),
    )
    assert value(filtering_loss(pipe.transformer, drawn.best(), bad, scenes, 8)) == value(
        sft_loss(pipe.transformer, all_three, 8)
    )


def test_scenes_are_true_drawings_whose_noise_is_nobodys(pipe):
    scenes = drawn_scenes(pipe, 70, seed=3)
    assert (
        scenes.clean.shape == (70, 16, 32)
        and scenes.clean.isfinite().all()
        and scenes.noise.isnan().all()
    )
    assert torch.equal(drawn_scenes(pipe, 70, seed=3).clean, scenes.clean)
    assert np.isfinite(value(sft_loss(pipe.transformer, scenes, 4)))


def test_rewards_weigh_errors_from_none_to_all(pipe, drawn):
    assert scaled(torch.tensor([[-1.0, 3.0], [1.0, 0.0]])).tolist() == [[0.0, 1.0], [0.5, 0.25]]
    with pytest.raises(ValueError, match="same score"):
        scaled(torch.ones(2, 2))
    only = drawn._replace(scores=torch.tensor([[0.0, 0.0, 0.0]] * 4 + [[1.0, 1.0, 1.0]]))
    dull, keen = (
        value(weighted_loss(pipe.transformer, only, zero, 1), seed) for seed in _rows(only, (0, 4))
    )
    assert dull == 0.0 < keen
    one = lambda step: (torch.ones(()), {})  # noqa: E731
    assert (
        value(weighted_loss(pipe.transformer, only, one, 1, beta=0.25), _rows(only, (0,))[0])
        == 0.25
    )


def _rows(scored, wanted):
    """Seeds that draw the wanted prompts first."""
    drawn = {
        int(torch.randint(len(scored.scores), (1,), generator=torch.Generator().manual_seed(s))): s
        for s in range(99)
    }
    return [drawn[row] for row in wanted]


def test_latents_decode_with_gradient_to_the_pictures_that_are_drawn(pipe, drawn):
    clean = drawn.best().clean.requires_grad_()
    pixels = to_pixels(pipe, clean)
    assert (
        np.abs(
            pixels.detach().permute(0, 2, 3, 1).numpy() * 255 - decode_latents(pipe, clean.detach())
        ).max()
        < 0.51
    )
    pixels.sum().backward()
    assert clean.grad.abs().sum() > 0


def test_refl_judges_what_would_be_drawn_from_any_of_the_late_steps(pipe):
    text, seen = encode_prompts(pipe, PROMPTS), []

    def reward(pictures, prompts):
        seen.append((pictures.detach(), prompts))
        return pictures.mean((1, 2, 3))

    loss = refl_loss(pipe, PROMPTS, text, reward, batch=2, late=1)
    found, metrics = loss(Step(0, torch.Generator().manual_seed(3)))
    again = torch.Generator().manual_seed(3)
    rows = torch.randint(len(PROMPTS), (2,), generator=again)
    seeds = torch.randint(2**31, (2,), generator=again).tolist()
    with torch.no_grad():
        latents = integrate(
            pipe.transformer, starting_noise(pipe, seeds), text.rows(rows), few_step_sigmas(4)
        )
    ((pictures, prompts),) = seen
    assert torch.allclose(pictures, to_pixels(pipe, latents), atol=1e-4), (
        "the last step ends in the drawn picture"
    )
    assert prompts == [PROMPTS[row] for row in rows.tolist()] and torch.equal(metrics["rows"], rows)
    assert found.item() == pytest.approx(1e-3 * (2 - pictures.mean((1, 2, 3))).mean().item())
    for late in (0, 5):
        with pytest.raises(ValueError, match="from 1 to 4"):
            refl_loss(pipe, PROMPTS, text, reward, 2, late=late)


def test_refl_raises_the_reward(adapted, tmp_path):
    text = encode_prompts(adapted, PROMPTS)
    red = lambda pictures, prompts: pictures[:, 0].mean((1, 2))  # noqa: E731
    loss = refl_loss(adapted, PROMPTS, text, red, batch=8, weight=1.0)
    before = value(loss)
    still = sft_loss(adapted.transformer, drawn_scenes(adapted, 8), 4)
    fit = TrainingConfig(
        steps=24, batch_size=8, learning_rate=5e-3, warmup_steps=1, ema_decay=0.5, bf16=False
    )
    train(adapted.transformer, [lambda step: (0.0 * still(step)[0], {}), loss], fit, tmp_path)
    assert value(loss) < before - 0.02
    assert not any(weight.grad is not None for weight in adapted.vae.parameters())


def test_rounds_go_on_from_each_other_and_repeat(pipe, tmp_path):
    transformer, base = pipe.transformer, base_of(pipe.transformer)
    seen = []

    def loss_of(scored):
        seen.append(scored)
        return pairwise_loss(transformer, *scored.won_and_lost(), 4, lambda h, rows: dpo(h, 100.0))

    def call(folder, **more):
        seen.clear()
        settings = {"rounds": 2, "each": 3, "rank": 2, "draws": tmp_path / "draws", **more}
        return tune_in_rounds(
            pipe, PROMPTS, redness, "red", loss_of, SHORT, tmp_path / folder, **settings
        )

    files = call("one")
    first, second = seen
    assert not torch.equal(first.noise, second.noise), "each round draws from new noise"
    put_on(pipe, files[0])
    again = draw_scored(pipe, PROMPTS, 3, redness, "red", tmp_path / "other", seed=1)
    pipe.unload_lora_weights()
    assert torch.equal(again.clean, second.clean), "the second draws with the first one's adapter"
    assert [file.read_bytes() for file in call("two")] == [file.read_bytes() for file in files]
    assert base_of(pipe.transformer) == base

    data = fingerprint(second.clean.flatten(0, 1), second.scores)
    alone = tune_adapter(
        transformer, loss_of(second), SHORT, tmp_path / "alone", data, 2, 0, start=files[0]
    )
    assert alone.read_bytes() == files[1].read_bytes()


def test_rounds_with_another_loss_are_trained_anew(pipe, tmp_path):
    """The loss is a function, which has no name: what it depends on is told, or a finished round is taken as it is."""

    def call(beta, data):
        def loss_of(scored):
            return pairwise_loss(
                pipe.transformer, *scored.won_and_lost(), 4, lambda h, rows: dpo(h, beta)
            )

        arguments = (pipe, PROMPTS, redness, "red", loss_of, SHORT, tmp_path, 1, 3)
        return tune_in_rounds(*arguments, rank=2, data=data)[0].read_bytes()

    first = call(100.0, "beta 100 ")
    assert call(1e4, "beta 100 ") == first
    assert call(1e4, "beta 10000 ") != first


def test_drawn_scenes_are_of_this_world_s_size_alone(pipe, monkeypatch):
    monkeypatch.setattr("gamelabel.tuning.scene_pictures.image_size", lambda pipe: 1024)
    with pytest.raises(ValueError, match="draws 1024 x 1024"):
        drawn_scenes(pipe, 2)
