import numpy as np
import pytest

from gamelabel.reward import baseline_scorers, reward_examples
from gamelabel.reward.baselines import fit_aesthetic
from gamelabel.reward.comparison import score_pairs
from tests.reward.tiny_data import PROMPTS, draw_prompts, ordered_images, tiny_model


@pytest.fixture(scope="module")
def scene_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("four")
    pairs, preferences, labels, files = ordered_images(folder, prompts=2)
    return folder, pairs, preferences, labels, [folder / name for name in files]


def test_the_aesthetic_score_learns_the_order_and_ignores_the_prompt(scene_files):
    folder, pairs, preferences, labels, files = scene_files
    aesthetic = fit_aesthetic(tiny_model(), reward_examples(pairs, preferences, labels, folder))
    scores = aesthetic(files, ["a red circle"] * 4)
    assert (np.diff(scores) < 0).all()
    assert aesthetic(files, PROMPTS).tolist() == scores.tolist()
    with pytest.raises(ValueError, match="4 images but 1 prompts"):
        aesthetic(files, PROMPTS[:1])


def test_the_ridge_keeps_an_aesthetic_score_small(scene_files):
    """The labels can be separated, so without it the scores would grow without limit."""
    folder, pairs, preferences, labels, files = scene_files
    examples = reward_examples(pairs, preferences, labels, folder)
    scores = fit_aesthetic(tiny_model(), examples)(files, ["a red circle"] * 4)
    assert 1.5 < np.ptp(scores) < 2.5


def test_all_three_score_pictures_and_prompts_alike(scene_files):
    folder, pairs, preferences, labels, _ = scene_files
    pictures = draw_prompts(PROMPTS)
    scorers = baseline_scorers(tiny_model(), reward_examples(pairs, preferences, labels, folder))
    assert list(scorers) == ["CLIP Score", "Aesthetic", "BLIP Score"]
    for scorer in scorers.values():
        scores = scorer(pictures, PROMPTS)
        assert scores.shape == (4,) and np.isfinite(scores).all()
        np.testing.assert_allclose(scores[1], scorer(pictures[1:2], PROMPTS[1:2])[0], atol=1e-5)


def test_pairs_are_scored_side_by_side(scene_files):
    folder, pairs, *_ = scene_files
    few = pairs.iloc[[3, 0]]
    table = score_pairs(tiny_model().score, few, folder)
    assert table.columns.tolist() == ["pair_id", "score_a", "score_b"]
    assert table.pair_id.tolist() == few.pair_id.tolist()
    assert table.score_a[0] == pytest.approx(
        tiny_model().score([folder / few.image_a.iloc[0]], [few.prompt.iloc[0]])[0], abs=1e-5
    )
