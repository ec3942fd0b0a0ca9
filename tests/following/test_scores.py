"""Metrics by hand, and ties of ranks as the paper's code has them."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from gamelabel.following import answer_ranks
from gamelabel.following.agent import Agent, State
from gamelabel.following.answer_ranks import answer_losses, draw_others, rank_of_first
from gamelabel.following.command_examples import (
    CommandExample,
    make_action_space,
    make_vocabulary,
)
from gamelabel.following.following_scores import (
    action_f1,
    as_estimate,
    paired_difference,
    reaches_end_state,
    score_agent,
    score_answers,
    summarize,
)
from gamelabel.games.dungeon import DUNGEON, Action, end_state, generate_world, valid_actions
from gamelabel.reliability.compared_estimates import difference
from gamelabel.reliability.estimate import Estimate
from tests.following.small_examples import typed_examples


def holding_axe() -> CommandExample:
    """Return an example that drops an axe which the dragon holds at the start."""
    world = generate_world(0)
    world.inside["axe"] = "dragon"
    return CommandExample("e", "t", world, "drop the axe", (Action("drop", "axe"),))


def test_f1_by_hand() -> None:
    get, put = Action("get", "axe"), Action("put", "axe", "treasure chest")
    go, hit = Action("go", "tower"), Action("hit", "troll")
    assert action_f1([get, go, hit], [get, put, go, hit]) == pytest.approx(6 / 7)
    assert action_f1([hit, get], [get, hit]) == 1.0
    assert action_f1([get, get, get], [get]) == pytest.approx(0.5)
    assert action_f1([], []) == 1.0
    assert action_f1([get], []) == action_f1([], [get]) == 0.0


def test_ties_lose() -> None:
    assert rank_of_first([1.0] * 100) == 100
    assert rank_of_first([1.0, *[2.0] * 99]) == 1
    assert rank_of_first([1.0, 1.0, *[2.0] * 98]) == 2
    assert rank_of_first([3.0, 1.0, 2.0, 3.0, 4.0]) == 4


class HalvingAgent(Agent):
    """Gives the first action a probability of 1/2, the second 1/4, and so on, at every step."""

    def begin(self, words: torch.Tensor, lengths: torch.Tensor) -> State:
        return {"rows": torch.zeros(len(words), 1)}

    def advance(
        self, state: State, previous: torch.Tensor, places: torch.Tensor
    ) -> tuple[torch.Tensor, State]:
        logits = -math.log(2) * torch.arange(len(self.space))
        return logits.expand(len(previous), -1), state


def test_hits_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve answers, each half as probable as the one before, so that their ranks are 1 to 12."""
    world = generate_world(0)
    things = [name for name, kind in DUNGEON.kinds.items() if kind == "object"]
    world.inside |= {node: "dragon" for name in things for node in DUNGEON.nodes_of[name]}
    answers = [(Action("drop", name),) for name in things]
    examples = [CommandExample(str(i), "t", world, "drop it", a) for i, a in enumerate(answers)]
    agent = HalvingAgent(make_action_space(DUNGEON), make_vocabulary(examples, DUNGEON, 1))
    # action k, then the last one of 163: 2^-(k + 1) and 2^-163
    number, pair = agent.space.number_of[answers[3][0]], (*answers[3], *answers[4])
    losses = answer_losses(agent, examples[0], [answers[3], pair])
    assert losses == pytest.approx(
        [math.log(2) * (number + 1 + 163), math.log(2) * (2 * number + 3 + 163)]
    )
    monkeypatch.setattr(answer_ranks, "draw_others", lambda *_: [answers[::-1]] * 12)
    table = score_agent(agent, examples, n_ranked=12)
    # each answer is also among the others, and ranks behind itself: 2 to 13
    assert table[["hits1", "hits5", "hits10"]].sum().tolist() == [0, 4, 9]
    others = [[a for a in answers if a != answer] for answer in answers]
    monkeypatch.setattr(answer_ranks, "draw_others", lambda *_: others)
    table = score_agent(agent, examples, n_ranked=11)
    assert table[["hits1", "hits5", "hits10"]].sum().tolist() == [1, 5, 10]
    assert table["hits10"].isna().sum() == 1


def test_other_answers_are_drawn_with_replacement_and_may_be_the_right_one() -> None:
    examples = typed_examples(5)
    others = draw_others(examples, seed=0)
    assert {len(drawn) for drawn in others} == {99}
    assert {actions for drawn in others for actions in drawn} <= {e.actions for e in examples}
    assert any(example.actions in drawn for example, drawn in zip(examples, others, strict=True))
    assert others == draw_others(examples, seed=0) != draw_others(examples, seed=1)


def test_another_way_to_the_same_state_is_right() -> None:
    example = holding_axe()
    drop, get = Action("drop", "axe"), Action("get", "axe")
    assert reaches_end_state(example, [drop])
    assert reaches_end_state(example, [drop, get, drop])
    assert not reaches_end_state(example, [drop, get])
    assert not reaches_end_state(example, [])


def test_an_impossible_action_changes_nothing() -> None:
    example, drop = holding_axe(), Action("drop", "axe")
    impossible = Action("drop", "elven sword")
    assert impossible not in valid_actions(example.world)
    assert reaches_end_state(example, [impossible, drop])
    assert not reaches_end_state(example, [impossible])


def test_the_published_equality_takes_worn_and_removed_as_changed() -> None:
    world = generate_world(0)
    world.inside["armor"] = "dragon"
    wear, remove = Action("wear", "armor"), Action("remove", "armor")
    example = CommandExample("e", "t", world, "wear the armor and take it off", (wear, remove))
    assert reaches_end_state(example, [])
    assert not reaches_end_state(example, [], "published")
    assert reaches_end_state(example, [wear, remove], "published")


def test_scores_have_a_row_for_each_example() -> None:
    examples = typed_examples(6)
    right = score_answers(examples, [example.actions for example in examples])
    assert right.right.tolist() == right.f1.tolist() == [1.0] * 6
    assert right.length.tolist() == [len(example.actions) for example in examples]
    nothing = score_answers(examples, [()] * 6)
    unchanged = [end_state(e.world, e.actions).state_key() == e.world.state_key() for e in examples]
    assert nothing.right.tolist() == [float(same) for same in unchanged]
    assert nothing.f1.tolist() == [0.0] * 6


def scores(*rights: float, agent: str = "a", seed: int = 0) -> pd.DataFrame:
    numbers = range(len(rights))
    columns = {
        "example_id": [f"e{i}" for i in numbers],
        "teacher_id": [f"t{i % 6}" for i in numbers],
    }
    return pd.DataFrame({**columns, "right": rights, "agent": agent, "seed": seed})


def test_an_example_that_two_seeds_answered_counts_once() -> None:
    table = pd.concat([scores(*[1.0] * 12), scores(*[0.0, 1.0] * 6, seed=1)])
    (row,) = summarize(table, ["agent"], ["right"]).to_dict("records")
    assert (row["agent"], row["measure"], row["value"], row["n"]) == ("a", "right", 0.75, 12)
    assert row["low"] < 0.75 < row["high"]


def test_a_row_of_few_teachers_keeps_its_warning() -> None:
    few, many = scores(1.0, 0.0, 1.0), scores(*[1.0, 0.0] * 12)
    for table in (few, many):
        for row in summarize(table, ["agent"], ["right"]).itertuples():
            assert bool(as_estimate(row).warning) == (table is few)
        difference_row = paired_difference(table, table.assign(right=0.0)).iloc[0]
        assert bool(as_estimate(difference_row).warning) == (table is few)


def test_unranked_examples_do_not_count() -> None:
    table = scores(1.0, 0.0, np.nan, np.nan).rename(columns={"right": "hits1"})
    assert summarize(table, ["agent"], ["hits1"]).n.tolist() == [2]


def test_a_paired_difference_is_narrower_than_the_two_intervals() -> None:
    """Examples that are hard for both do not count against the difference."""
    rng = np.random.default_rng(0)
    hard = rng.random(300) < 0.5
    first = scores(*np.where(hard, 0.0, 1.0))
    second = scores(*np.where(hard, 0.0, (rng.random(300) < 0.9).astype(float)))
    (row,) = paired_difference(first, second).to_dict("records")
    assert row["value"] == pytest.approx(first.right.mean() - second.right.mean())
    alone = [summarize(table, ["agent"], ["right"]).iloc[0] for table in (first, second)]
    unpaired = difference(*(Estimate(*a[["value", "low", "high", "n"]]) for a in alone))
    assert row["high"] - row["low"] < unpaired.high - unpaired.low
