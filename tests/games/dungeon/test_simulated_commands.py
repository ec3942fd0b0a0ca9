"""SIMULATED commands: possible, in many words, no two teachers alike, the same bytes again."""

import re
from collections import Counter

import numpy as np
import pytest

from gamelabel.games.dungeon import DUNGEON, Action, World, end_state
from gamelabel.games.dungeon.command_parser import parse_actions
from gamelabel.games.dungeon.command_style import StyleRange, draw_style, write_command
from gamelabel.games.dungeon.command_words import MERGED_PHRASES, NOUNS, PHRASES
from gamelabel.games.dungeon.simulated_commands import (
    SimulatedWriter,
    pilot_examples,
    simulated_examples,
)

EXAMPLES = simulated_examples(n_teachers=20, n_each=50, seed=4)


def test_the_words_cover_every_action_and_every_name() -> None:
    assert set(PHRASES) == set(DUNGEON.model_types) - {"stop"}
    assert set(NOUNS) == set(DUNGEON.arguments)
    for name, phrases in PHRASES.items():
        n_arguments = len(DUNGEON.type_of[name].arguments)
        assert all(("{x}" in p) and ("{y}" in p) == (n_arguments == 2) for p in phrases), name
    assert all({*pair} <= set(PHRASES) for pair in MERGED_PHRASES)


def test_every_example_is_possible_and_has_one_to_four_actions() -> None:
    for row in EXAMPLES.itertuples():
        actions = parse_actions(row.actions)
        assert 1 <= len(actions) <= 4 and row.command and "{" not in row.command
        end_state(World.from_json(row.world, DUNGEON), actions)
    lengths = Counter(row.count(";") + 1 for row in EXAMPLES["actions"])
    assert all(lengths[n] > 100 for n in (1, 2, 3, 4))


def test_a_seed_gives_the_same_examples_again() -> None:
    again = simulated_examples(n_teachers=2, n_each=20, seed=4)
    assert (
        again["command"].tolist()
        == (EXAMPLES.groupby("teacher_id", sort=False).head(20)["command"].tolist()[:40])
    )
    assert pilot_examples(30, 1).equals(pilot_examples(30, 1))
    assert not pilot_examples(30, 1)["command"].equals(pilot_examples(30, 2)["command"])


def test_teachers_differ_in_their_words_for_the_same_actions() -> None:
    actions = [Action("get", "axe"), Action("go", "tower"), Action("hit", "troll")]
    texts = set()
    for seed in range(200):
        rng = np.random.default_rng(seed)
        texts.add(write_command(actions, draw_style(rng), rng))
    assert len(texts) > 190


def test_the_language_is_wide() -> None:
    words = Counter(w for c in EXAMPLES["command"] for w in re.findall(r"[a-z']+", c))
    assert len(words) > 450 and EXAMPLES["command"].nunique() > 0.97 * len(EXAMPLES)


def test_habits_that_are_switched_off_leave_the_plain_words() -> None:
    plain = StyleRange(
        bare_noun=0, other_noun=0, adjective=0, pronoun=0, merged=0, inverted=0, flourish=0, typo=0
    )
    rng = np.random.default_rng(0)
    actions = [Action("put", "axe", "treasure chest"), Action("go", "tower")]
    for _ in range(50):
        text = write_command(actions, draw_style(rng, plain), rng)
        assert re.search(r"(the|your) axe", text) and "treasure chest" in text and "tower" in text


def test_the_number_of_actions_is_checked() -> None:
    writer = SimulatedWriter(np.random.default_rng(0))
    for n_actions in (0, 5):
        with pytest.raises(ValueError, match="1 to 4 actions"):
            writer.write(n_actions)
    with pytest.raises(ValueError, match="at least one action"):
        write_command([], writer.style, writer.rng)
