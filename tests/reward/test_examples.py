import pandas as pd
import pytest

from gamelabel.reward import reward_examples
from gamelabel.reward.examples import BadPairs, split_by_prompt
from tests.reward.tiny_data import PROMPTS, draw_prompts, majority_preferences, write_pictures

CHOICES = [("1", "a"), ("1", "a"), ("1", "b"), ("2", "tie"), ("3", "b"), ("4", "a")]


@pytest.fixture
def scene_files(tmp_path):
    files = write_pictures(tmp_path, draw_prompts(PROMPTS))
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
    labels = pd.DataFrame(CHOICES, columns=["pair_id", "choice"])
    return pairs, majority_preferences(labels), labels, tmp_path


def test_targets_are_probabilities_and_prompts_weigh_alike(scene_files):
    examples = reward_examples(*scene_files)
    assert examples.target.tolist() == [pytest.approx(2 / 3), 0.5, 0.0]
    assert examples.weight.tolist() == [0.5, 0.5, 1.0]
    assert examples.pair_id.tolist() == ["1", "2", "3"]  # never the comparison point
    assert all(file.startswith(str(scene_files[3])) for file in examples["first"])


def test_the_aggregated_probability_is_learned_not_the_votes(scene_files):
    pairs, preferences, labels, folder = scene_files
    aggregated = preferences.assign(chosen=["b", "b", "a"], probability=[0.9, 0.7, 1.0])
    examples = reward_examples(pairs, aggregated, labels, folder)
    assert examples.target.tolist() == pytest.approx([0.1, 0.5, 0.3])


def test_each_tie_pulls_the_target_towards_one_half(scene_files):
    pairs, _, labels, folder = scene_files
    ties = pd.DataFrame({"pair_id": ["3", "3", "1"], "choice": "tie"})
    with_ties = pd.concat([labels, ties])
    preferences = majority_preferences(with_ties)
    examples = reward_examples(pairs, preferences, with_ties, folder).set_index("pair_id")
    assert examples.target["3"] == pytest.approx((0.0 + 0.5 + 0.5) / 3)
    assert examples.target["1"] == pytest.approx((1.0 + 1.0 + 0.0 + 0.5) / 4)


def test_an_undecided_pair_is_learned_as_half_and_half(scene_files):
    pairs, _, labels, folder = scene_files
    even = pd.concat([labels, pd.DataFrame({"pair_id": ["3"], "choice": ["a"]})])
    examples = reward_examples(pairs, majority_preferences(even), even, folder)
    assert examples.set_index("pair_id").target["3"] == 0.5


def test_a_pair_without_labels_is_no_example(scene_files):
    pairs, preferences, labels, folder = scene_files
    third = labels[labels.pair_id == "3"]
    assert reward_examples(pairs, preferences, third, folder).pair_id.tolist() == ["3"]
    with pytest.raises(BadPairs, match="no preference point has a label"):
        reward_examples(pairs, preferences, labels[labels.pair_id == "4"], folder)


def test_a_file_that_does_not_exist_is_named(scene_files):
    pairs, preferences, labels, folder = scene_files
    (folder / pairs.image_b[1]).unlink()
    message = rf"1 of 4 images .* such as {pairs.image_b[1]} of pairs 2: run"
    with pytest.raises(FileNotFoundError, match=message):
        reward_examples(pairs, preferences, labels, folder)


def test_pairs_without_images_are_named(scene_files):
    pairs, preferences, labels, folder = scene_files
    none = pairs.assign(image_a=None, image_b=None)
    with pytest.raises(BadPairs, match="pairs 1, 2, 3 have no image"):
        reward_examples(none, preferences, labels, folder)
    one = pairs.assign(image_b=pairs.image_b.where(pairs.pair_id != "2", None))
    with pytest.raises(BadPairs, match="pairs 2 have no image"):
        reward_examples(one, preferences, labels, folder)


def test_the_same_image_twice(scene_files):
    pairs, preferences, labels, folder = scene_files
    with pytest.raises(BadPairs, match="pairs 1, 2, 3 show the same image twice"):
        reward_examples(pairs.assign(image_b=pairs.image_a), preferences, labels, folder)


def test_no_prompt_is_on_both_sides():
    examples = pd.DataFrame({"prompt_id": [f"p{i % 10}" for i in range(40)], "pair_id": range(40)})
    train, validation = split_by_prompt(examples, 0.2, seed=1)
    assert set(train.prompt_id) | set(validation.prompt_id) == set(examples.prompt_id)
    assert not set(train.prompt_id) & set(validation.prompt_id)
    assert validation.prompt_id.nunique() == 2
    assert split_by_prompt(examples, 0.2, seed=1)[1].equals(validation)
    assert not split_by_prompt(examples, 0.2, seed=2)[1].equals(validation)


def test_a_single_prompt_cannot_be_split():
    with pytest.raises(BadPairs, match="1 prompts cannot be split"):
        split_by_prompt(pd.DataFrame({"prompt_id": ["p"] * 5}), 0.1, 0)
