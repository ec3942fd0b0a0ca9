import pandas as pd
import pytest

from gamelabel.reward import BadPairs, examples
from gamelabel.reward.examples import split_by_prompt
from tests.reward.worlds import PROMPTS, drawn, write_pictures


@pytest.fixture
def world(tmp_path):
    files = write_pictures(tmp_path, drawn(PROMPTS))
    pairs = pd.DataFrame(
        {
            "pair_id": ["1", "2", "3", "4"],
            "prompt_id": ["p", "p", "q", "q"],
            "prompt": ["a red circle", "a red circle", "two blue stars", "two blue stars"],
            "kind": ["preference", "preference", "preference", "comparison"],
            "image_a": files[0],
            "image_b": files[1:] + files[1:2],
        }
    )
    labels = pd.DataFrame(
        {"pair_id": ["1", "1", "1", "2", "3", "4"], "choice": ["a", "a", "b", "tie", "b", "a"]}
    )
    return pairs, labels, tmp_path


def test_targets_are_shares_of_votes_a_tie_is_half_and_prompts_weigh_alike(world):
    frame = examples(*world)
    assert frame.target.tolist() == [pytest.approx(2 / 3), 0.5, 0.0]
    assert frame.weight.tolist() == [0.5, 0.5, 1.0]
    assert frame.pair_id.tolist() == ["1", "2", "3"]  # never the comparison point
    assert all(file.startswith(str(world[2])) for file in frame["first"])


def test_a_pair_without_labels_teaches_nothing(world):
    pairs, labels, folder = world
    assert examples(pairs, labels[labels.pair_id == "3"], folder).pair_id.tolist() == ["3"]
    with pytest.raises(BadPairs, match="no preference point has a label"):
        examples(pairs, labels[labels.pair_id == "4"], folder)


def test_one_image_missing(world):
    pairs, labels, folder = world
    (folder / pairs.image_b[1]).unlink()
    with pytest.raises(
        FileNotFoundError, match=rf"1 of 4 pictures .* such as {pairs.image_b[1]} of pairs 2: run"
    ):
        examples(pairs, labels, folder)


def test_no_image_at_all(world):
    pairs, labels, folder = world
    with pytest.raises(BadPairs, match="pairs 1, 2, 3 have a picture missing"):
        examples(pairs.assign(image_a=None, image_b=None), labels, folder)


def test_a_pair_with_one_image_missing(world):
    pairs, labels, folder = world
    one = pairs.assign(image_b=pairs.image_b.where(pairs.pair_id != "2", None))
    with pytest.raises(BadPairs, match="pairs 2 have a picture missing"):
        examples(one, labels, folder)


def test_the_same_image_twice(world):
    pairs, labels, folder = world
    with pytest.raises(BadPairs, match="pairs 1, 2, 3 show the same picture twice"):
        examples(pairs.assign(image_b=pairs.image_a), labels, folder)


def test_no_prompt_is_on_both_sides():
    frame = pd.DataFrame({"prompt_id": [f"p{i % 10}" for i in range(40)], "pair_id": range(40)})
    learn, valid = split_by_prompt(frame, 0.2, seed=1)
    assert set(learn.prompt_id) | set(valid.prompt_id) == set(frame.prompt_id)
    assert not set(learn.prompt_id) & set(valid.prompt_id) and valid.prompt_id.nunique() == 2
    again = split_by_prompt(frame, 0.2, seed=1)
    assert again[1].equals(valid) and not split_by_prompt(frame, 0.2, seed=2)[1].equals(valid)


def test_one_prompt_cannot_be_parted():
    with pytest.raises(BadPairs, match="1 prompts cannot be parted"):
        split_by_prompt(pd.DataFrame({"prompt_id": ["p"] * 5}), 0.1, 0)
