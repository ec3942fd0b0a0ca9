from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from gamelabel.games.pairs import Crowd
from gamelabel.games.pairs.simulated_rankings import RANKING_ISSUES, mallows, rank_images


def images(prompts: int = 5, k: int = 5, seed: int = 0, **columns) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = prompts * k
    frame = pd.DataFrame({"prompt_id": np.repeat([f"p{i}" for i in range(prompts)], k)})
    frame["image"] = [f"images/{i}.png" for i in range(n)]
    return frame.assign(
        **{"alignment": rng.integers(0, 5, n) / 4, "fidelity": rng.random(n), **columns}
    )


def sharp(skill: float) -> Crowd:
    """Return a crowd of players with one skill."""
    return Crowd(guesser_share=0.0, skill_mean=skill, skill_concentration=1e12)


@pytest.mark.parametrize("skill", [0.5, 0.8, 0.95])
def test_neighbours_are_ordered_with_the_skill_of_the_annotator(skill):
    rng = np.random.default_rng(0)
    orders = np.stack([mallows(4, skill, rng) for _ in range(2000)])
    places = np.argsort(orders, 1)
    for i in range(3):
        assert (places[:, i] < places[:, i + 1]).mean() == pytest.approx(skill, abs=0.04)
    assert (places[:, 0] < places[:, 3]).mean() >= skill - 0.04  # farther apart is easier


def test_orders_with_fewer_inversions_are_more_probable():
    """Mallows' model of three items: phi to the power of the number of inverted pairs."""
    rng, phi = np.random.default_rng(1), 0.25
    orders = [tuple(mallows(3, 1 / (1 + phi), rng)) for _ in range(6000)]
    share = pd.Series(orders).value_counts(normalize=True)
    total = 1 + 2 * phi + 2 * phi**2 + phi**3
    for order in share.index:
        wrong = sum(order.index(a) > order.index(b) for a, b in combinations(range(3), 2))
        assert share[order] == pytest.approx(phi**wrong / total, abs=0.025)


def test_a_perfect_annotator_gives_the_true_ranking():
    pictures = images(fidelity=lambda f: f.alignment)
    ranked = rank_images(pictures, crowd=sharp(1 - 1e-9), ties=0.0).merge(
        pictures, on="image", suffixes=("", "_true")
    )
    assert (ranked.overall == 1 + np.rint(6 * ranked.alignment_true)).all()
    assert (ranked.alignment == ranked.overall).all()
    for _, group in ranked.groupby("prompt_id"):
        better = group.sort_values("rank").alignment_true
        assert better.is_monotonic_decreasing and sorted(group["rank"]) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("skill", [0.6, 0.8])
def test_a_rating_is_right_unless_it_is_random(skill):
    """Right with 2 s - 1, and else one of seven at random, so in (1 - (2 s - 1)) / 7 by chance."""
    pictures = images(600, 5)
    ranked = rank_images(pictures, crowd=sharp(skill)).merge(
        pictures, on="image", suffixes=("", "_true")
    )
    for name in ("alignment", "fidelity"):
        right = ranked[name] == 1 + np.rint(6 * ranked[f"{name}_true"])
        assert right.mean() == pytest.approx((2 * skill - 1) + (2 - 2 * skill) / 7, abs=0.03)
    random = ranked.alignment[ranked.alignment_true == 0]
    assert set(random) == set(range(1, 8))
    assert (random == 7).mean() == pytest.approx((2 - 2 * skill) / 7, abs=0.04)


def test_fidelity_and_alignment_have_equal_weight():
    pictures = images(1, 4, alignment=[0.4, 0.5, 0.6, 0.7], fidelity=[1.0, 0.6, 0.3, 0.0])
    ranked = rank_images(pictures, crowd=sharp(1 - 1e-9), ties=0.0)
    assert ranked["rank"].tolist() == [1, 2, 3, 4]


def test_equally_good_images_are_a_matter_of_taste():
    pictures = images(100, 4, alignment=0.5, fidelity=0.5)
    ranked = rank_images(pictures, crowd=sharp(1 - 1e-9), ties=0.0)
    assert ((ranked["rank"] == 1).to_numpy().reshape(100, 4).sum(0) > 10).all()


def test_only_images_with_equal_ratings_are_tied():
    ranked = rank_images(images(20, 9), rankings_per_prompt=2, ties=1.0)
    for _, group in ranked.groupby(["prompt_id", "player_id"]):
        assert (group.groupby("rank").overall.nunique() == 1).all()
        assert group["rank"].nunique() == group.overall.nunique()
        assert group.sort_values("rank").overall.is_monotonic_decreasing
    assert rank_images(images(20, 9), ties=0.0).groupby(["prompt_id", "rank"]).size().max() == 1


def test_ties_are_as_frequent_as_in_the_published_rankings():
    """Of ImageReward's published rankings 831 of 7,230 pairs are tied."""
    ranked = rank_images(images(200, 7))
    tied = total = 0
    for _, group in ranked.groupby("prompt_id"):
        for a, b in combinations(group["rank"], 2):
            tied, total = tied + (a == b), total + 1
    assert tied / total == pytest.approx(831 / 7230, abs=0.03)


def test_a_ranking_is_a_table_of_simulated_rows():
    ranked = rank_images(images(), annotators=4, rankings_per_prompt=3)
    assert len(ranked) == 5 * 5 * 3 and set(ranked.source) == {"simulated"}
    assert (
        ranked.groupby("prompt_id").player_id.nunique() == 3
    ).all() and ranked.player_id.nunique() <= 4
    for name in ("overall", "alignment", "fidelity"):
        assert ranked[name].between(1, 7).all()


def test_only_real_issues_are_reported():
    marks = ["; ".join(RANKING_ISSUES[:2]), "", RANKING_ISSUES[2], "", ""] * 200
    ranked = rank_images(images(200, issues=marks), crowd=sharp(0.9))
    marked = ranked.merge(images(200, issues=marks), on="image", suffixes=("", "_true"))
    assert all(
        set(a.split("; ")) <= {"", *b.split("; ")}
        for a, b in zip(marked.issues, marked.issues_true, strict=True)
    )
    noticed = (marked.issues[marked.issues_true == RANKING_ISSUES[2]] == RANKING_ISSUES[2]).mean()
    assert noticed == pytest.approx(0.9, abs=0.07)


def test_the_same_seed_gives_the_same_table():
    assert rank_images(images(), seed=1).equals(rank_images(images(), seed=1))
    assert not rank_images(images(), seed=1).equals(rank_images(images(), seed=2))


@pytest.mark.parametrize("k", [3, 10])
def test_too_few_or_too_many_pictures_are_refused(k):
    with pytest.raises(ValueError, match=f"has {k} images: 4 to 9"):
        rank_images(images(2, k))


def test_other_invalid_rankings_are_refused():
    with pytest.raises(ValueError, match="5 rankings per prompt by 4"):
        rank_images(images(), annotators=4, rankings_per_prompt=5)
    with pytest.raises(ValueError, match="unknown issue 'ugly'"):
        rank_images(images(issues="ugly"))
