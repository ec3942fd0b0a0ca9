import json

import pandas as pd
import pytest

from gamelabel.games.pairs.simulated_rankings import rank_images
from gamelabel.readers.imagereward import read_rankings
from gamelabel.readers.ranked_pairs import ranked_pairs


def pictures(ranks, prompt_id="p"):
    return pd.DataFrame(
        {
            "prompt_id": prompt_id,
            "prompt": "a red circle",
            "image": [f"images/{prompt_id}-{i}.png" for i in range(len(ranks))],
            "seed": range(len(ranks)),
        }
    )


def ranking(ranks, player="one", prompt_id="p"):
    images = pictures(ranks, prompt_id).image
    row = {
        "player_id": player,
        "prompt_id": prompt_id,
        "image": images,
        "rank": ranks,
        "source": "simulated",
    }
    return pd.DataFrame(row)


def test_all_pairs_of_a_ranking_are_labels_and_equal_ranks_are_ties():
    ranks = [2, 1, 2, 4]
    pairs, labels = ranked_pairs(ranking(ranks), pictures(ranks), "m")
    assert pairs.pair_id.tolist() == ["p-0-1", "p-0-2", "p-0-3", "p-1-2", "p-1-3", "p-2-3"]
    assert labels.choice.tolist() == ["b", "tie", "a", "a", "a", "a"]
    assert (pairs.seed_a[0], pairs.seed_b[0], pairs.image_b[0]) == (0, 1, "images/p-1.png")
    assert set(labels.source) == {"simulated"} and set(labels.player_id) == {"one"}


def test_annotators_share_pairs_but_not_labels():
    ranks = [1, 2, 3, 4]
    rankings = pd.concat([ranking(ranks), ranking(ranks[::-1], "other")])
    pairs, labels = ranked_pairs(rankings, pictures(ranks), "m")
    assert len(pairs) == 6 and len(labels) == 12 and labels.label_id.is_unique
    assert (labels.groupby("pair_id").choice.nunique() == 2).all()


def test_simulated_and_published_rankings_give_the_same_tables(tmp_path):
    images = pd.concat([pictures([0] * 5, "p"), pictures([0] * 4, "q")]).assign(
        alignment=lambda f: f.seed / 4
    )
    ranked = rank_images(images, annotators=1)
    pairs, labels = ranked_pairs(ranked, images, "m")
    records = [
        {
            "id": name,
            "prompt": "a red circle",
            "generations": group.image.tolist(),
            "ranking": group["rank"].tolist(),
        }
        for name, group in ranked.groupby("prompt_id", sort=False)
    ]
    (tmp_path / "test.json").write_text(json.dumps(records))
    published = read_rankings(tmp_path / "test.json")
    assert published.pairs.pair_id.tolist() == pairs.pair_id.tolist()
    assert published.labels.choice.tolist() == labels.choice.tolist()


def test_a_picture_of_another_prompt_is_refused():
    with pytest.raises(
        ValueError, match=r"4 ranked pictures are not among .*, such as images/q-0\.png of 'q'"
    ):
        ranked_pairs(ranking([1, 2, 3, 4], prompt_id="q"), pictures([1, 2, 3, 4]), "m")
