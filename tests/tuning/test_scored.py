"""Images generated and scored: what is picked, resumed and refused; simulated annotators."""

import numpy as np
import pytest
import torch

from gamelabel.flow import Text
from gamelabel.images.latents import decode_latents
from gamelabel.images.pipeline import generate
from gamelabel.parallel import ItemFailed
from gamelabel.scenes import UnknownPrompt, adherence, draw, parse, sample_prompts
from gamelabel.tuning.scored import ScoredImages, generate_scored, make_annotators
from tests.tuning.tiny_model import PROMPTS, make_pipe, redness

SCENE_PROMPTS = sample_prompts(4, 0, "train")


def small_example() -> ScoredImages:
    latents = torch.arange(6.0).view(2, 3, 1, 1)
    scores = torch.tensor([[0.1, 0.9, 0.5], [0.4, 0.4, 0.4]])
    text = Text(torch.tensor([[[7.0]], [[8.0]]]), torch.tensor([[7.0], [8.0]]))
    return ScoredImages(latents, latents + 10, scores, text)


def test_best_and_worst_keep_latents_noise_and_prompt_together():
    scored = small_example()
    for picked, expected in ((scored.best(), [1, 3]), (scored.worst(), [0, 3])):
        assert picked.latents.flatten().tolist() == expected
        assert picked.noise.flatten().tolist() == [value + 10 for value in expected]
        assert picked.text.embeds.flatten().tolist() == [7, 8]
        assert picked.text.pooled.flatten().tolist() == [7, 8]


def test_pairs_are_of_prompts_whose_images_differ_in_score():
    best, worst = small_example().best_and_worst()
    assert (best.latents.item(), worst.latents.item(), best.text.pooled.item()) == (1, 0, 7)
    even = small_example()._replace(scores=torch.zeros(2, 3))
    with pytest.raises(ValueError, match="same score"):
        even.best_and_worst()


def test_the_images_are_those_that_generate_makes_of_these_seeds(pipe, tmp_path):
    scored = generate_scored(pipe, PROMPTS, 3, redness, "red", tmp_path, seed=5)
    seeds = np.random.default_rng(5).choice(2**31, (5, 3), replace=False)
    prompts = [prompt for prompt in PROMPTS for _ in range(3)]
    expected = np.concatenate(list(generate(pipe, prompts, seeds.flatten().tolist())))
    images = decode_latents(pipe, scored.latents.flatten(0, 1))
    assert np.abs(images.astype(int) - expected).max() <= 1
    assert np.allclose(scored.scores.flatten(), redness(expected, prompts), atol=1e-3)
    assert scored.best().latents.shape == (5, 16, 32) and scored.scores.shape == (5, 3)


def test_an_interrupted_call_resumes_to_the_same_rows(pipe, tmp_path, monkeypatch):
    monkeypatch.setattr("gamelabel.tuning.scored.fit_batch_size", lambda pipe: 6)
    straight = generate_scored(pipe, PROMPTS, 3, redness, "red", tmp_path / "straight")
    calls: list[int] = []

    def interrupted(images, prompts):
        calls.append(len(prompts))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return redness(images, prompts)

    with pytest.raises(KeyboardInterrupt):
        generate_scored(pipe, PROMPTS, 3, interrupted, "red", tmp_path / "half")
    resumed = generate_scored(pipe, PROMPTS, 3, interrupted, "red", tmp_path / "half")
    assert calls == [6, 6, 6, 3], "two prompts a file; the first two were saved"
    for rows, expected in zip(resumed[:3], straight[:3], strict=True):
        assert torch.equal(rows, expected)


def test_processes_make_the_same_rows(pipe, tmp_path, monkeypatch):
    monkeypatch.setattr("gamelabel.tuning.scored.fit_batch_size", lambda pipe: 6)
    people = make_annotators(6, 3)
    alone = generate_scored(pipe, PROMPTS, 4, people, "people", tmp_path / "alone")
    monkeypatch.setenv("GAMELABEL_JOBS", "2")
    together = generate_scored(pipe, PROMPTS, 4, people, "people", tmp_path / "together")
    for rows, expected in zip(together[:3], alone[:3], strict=True):
        assert torch.equal(rows, expected)
    assert len(list((tmp_path / "together").iterdir())) == len(PROMPTS), "a prompt a file, no other"


def test_other_seeds_judges_and_models_generate_anew(pipe, tmp_path):
    calls: list[int] = []

    def counting(images, prompts):
        calls.append(1)
        return redness(images, prompts)

    call = {"pipe": pipe, "prompts": PROMPTS, "images_per_prompt": 2, "judge": "red"}
    changes = (
        {},
        {"seed": 1},
        {"judge": "other"},
        {"steps": 2},
        {"prompts": PROMPTS[:-1]},
        {"images_per_prompt": 3},
        {"pipe": make_pipe(1)},
    )
    for number, change in enumerate(changes, 1):
        for _ in range(2):
            generate_scored(scorer=counting, folder=tmp_path, **{**call, **change})
        assert len(calls) == number


def test_scores_that_are_not_numbers_are_refused(pipe, tmp_path):
    def undefined(images, prompts):
        return np.full(len(images), np.nan)

    def too_few(images, prompts):
        return np.zeros(1)

    with pytest.raises(ItemFailed, match=r"prompts 1 to 1 .* dull returned .* 2 of them not fin"):
        generate_scored(pipe, PROMPTS[:1], 2, undefined, "dull", tmp_path)
    with pytest.raises(ItemFailed, match=r"short returned scores of shape \(1,\) for 2 images"):
        generate_scored(pipe, PROMPTS[:1], 2, too_few, "short", tmp_path)
    with pytest.raises(ValueError, match="must be at least 1"):
        generate_scored(pipe, PROMPTS, 0, redness, "red", tmp_path)
    assert not list(tmp_path.glob("*.pt"))


def scene_images() -> tuple[np.ndarray, list[str]]:
    """For each prompt two drawings of its own scene and two of another prompt's."""
    prompts, pictures = [], []
    for number, prompt in enumerate(SCENE_PROMPTS):
        other = SCENE_PROMPTS[number - 1]
        prompts += [prompt] * 4
        pictures += [prompt, prompt, other, other]
    images = [draw(parse(prompt), seed) for seed, prompt in enumerate(pictures)]
    return np.stack(images), prompts


def test_annotators_rank_what_fits_before_what_does_not():
    images, prompts = scene_images()
    scores = make_annotators(annotators=200, per_prompt=100)(images, prompts).reshape(4, 4)
    fits = adherence(images, prompts)[0].reshape(4, 4)
    assert fits[:, :2].all() and not fits[:, 2:].any()
    assert (scores[:, :2].min(1) > scores[:, 2:].max(1)).all()
    assert ((scores <= -1) & (scores >= -4)).all()


def test_annotators_err_and_rank_the_same_images_alike_again():
    images, prompts = scene_images()
    orders = [make_annotators(per_prompt=1, seed=seed)(images, prompts) for seed in range(30)]
    assert len(np.unique(np.stack(orders), axis=0)) > 10
    assert (make_annotators(per_prompt=1, seed=7)(images, prompts) == orders[7]).all()


def test_annotators_refuse_what_they_cannot_judge():
    with pytest.raises(UnknownPrompt, match="a dog on the moon"):
        make_annotators()(np.zeros((4, 64, 64, 3), np.uint8), ["a dog on the moon"] * 4)
    with pytest.raises(ValueError, match="has 3 images: 4 to 9"):
        make_annotators()(np.zeros((3, 64, 64, 3), np.uint8), SCENE_PROMPTS[:1] * 3)
