import numpy as np
import pytest
import torch

from gamelabel.flow import Text
from gamelabel.images import generate
from gamelabel.images.latents import decode_latents
from gamelabel.tuning.scored import Scored, draw_scored
from tests.tuning.worlds import PROMPTS, make_pipe, redness


@pytest.fixture(scope="module")
def pipe():
    return make_pipe()


def by_hand() -> Scored:
    clean = torch.arange(6.0).view(2, 3, 1, 1)
    scores = torch.tensor([[0.1, 0.9, 0.5], [0.4, 0.4, 0.4]])
    return Scored(
        clean,
        clean + 10,
        scores,
        Text(torch.tensor([[[7.0]], [[8.0]]]), torch.tensor([[7.0], [8.0]])),
    )


def test_best_and_worst_keep_latents_noise_and_prompt_together():
    scored = by_hand()
    for picked, rows in ((scored.best(), [1, 3]), (scored.worst(), [0, 3])):
        assert picked.clean.flatten().tolist() == rows
        assert picked.noise.flatten().tolist() == [row + 10 for row in rows]
        assert (
            picked.text.embeds.flatten().tolist() == picked.text.pooled.flatten().tolist() == [7, 8]
        )


def test_pairs_are_of_prompts_whose_pictures_differ_in_score():
    won, lost = by_hand().won_and_lost()
    assert (won.clean.item(), lost.clean.item(), won.text.pooled.item()) == (1, 0, 7)
    even = by_hand()._replace(scores=torch.zeros(2, 3))
    with pytest.raises(ValueError, match="same score"):
        even.won_and_lost()


def test_what_is_drawn_is_what_generate_draws_of_these_seeds(pipe, tmp_path):
    scored = draw_scored(pipe, PROMPTS, 3, redness, "red", tmp_path, seed=5)
    seeds = np.random.default_rng(5).choice(2**31, (5, 3), replace=False)
    words = [prompt for prompt in PROMPTS for _ in range(3)]
    pictures = np.concatenate(list(generate(pipe, words, seeds.flatten().tolist())))
    ours = decode_latents(pipe, scored.clean.flatten(0, 1))
    assert np.abs(ours.astype(int) - pictures).max() <= 1
    assert np.allclose(scored.scores.flatten(), redness(pictures, words), atol=1e-3)
    assert scored.best().clean.shape == (5, 16, 32) and scored.scores.shape == (5, 3)


def test_an_interrupted_call_goes_on_to_the_same_rows(pipe, tmp_path, monkeypatch):
    monkeypatch.setattr("gamelabel.images.pipeline._BATCH_IMAGES", 6)  # two prompts a file
    straight = draw_scored(pipe, PROMPTS, 3, redness, "red", tmp_path / "straight")
    calls: list[int] = []

    def tired(pictures, prompts):
        calls.append(len(prompts))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return redness(pictures, prompts)

    with pytest.raises(KeyboardInterrupt):
        draw_scored(pipe, PROMPTS, 3, tired, "red", tmp_path / "half")
    resumed = draw_scored(pipe, PROMPTS, 3, tired, "red", tmp_path / "half")
    assert calls == [6, 6, 6, 3], "the first two prompts were kept"
    for ours, theirs in zip(resumed[:3], straight[:3], strict=True):
        assert torch.equal(ours, theirs)


def test_other_seeds_judges_and_models_draw_anew(pipe, tmp_path):
    calls: list[int] = []

    def counted(pictures, prompts):
        calls.append(1)
        return redness(pictures, prompts)

    draw_scored(pipe, PROMPTS, 2, counted, "red", tmp_path)
    draw_scored(pipe, PROMPTS, 2, counted, "red", tmp_path)
    assert len(calls) == 1
    for changed in (
        {"seed": 1},
        {"judge": "other"},
        {"steps": 2},
        {"prompts": PROMPTS[:-1]},
        {"each": 3},
        {"pipe": make_pipe(1)},
    ):
        call = {"pipe": pipe, "prompts": PROMPTS, "each": 2, "judge": "red", **changed}
        draw_scored(scorer=counted, folder=tmp_path, **call)
    assert len(calls) == 7


def test_scores_that_are_no_numbers_are_refused(pipe, tmp_path):
    with pytest.raises(ValueError, match=r"dull gave .* 2 of them not finite"):
        draw_scored(pipe, PROMPTS[:1], 2, lambda p, t: np.full(len(p), np.nan), "dull", tmp_path)
    with pytest.raises(ValueError, match="short gave"):
        draw_scored(pipe, PROMPTS[:1], 2, lambda p, t: np.zeros(1), "short", tmp_path)
    with pytest.raises(ValueError, match="at least one"):
        draw_scored(pipe, PROMPTS, 0, redness, "red", tmp_path)
    assert not list(tmp_path.glob("*.pt"))
