"""Agents in the world: what they answer, rank and learn."""

import numpy as np
import pandas as pd
import pytest
import torch

from gamelabel.following import AGENTS, AgentConfig, read_examples
from gamelabel.following.agent import Agent
from gamelabel.following.answer_ranks import answer_losses, rank_answers
from gamelabel.following.command_examples import (
    CommandExample,
    encode_examples,
    make_action_space,
    make_vocabulary,
)
from gamelabel.following.decoding import MAX_ACTIONS, follow_commands
from gamelabel.following.encoded_examples import negative_log_likelihood
from gamelabel.following.train_agent import make_agent
from gamelabel.games.dungeon import DUNGEON, STOP, Action, apply, generate_world, valid_actions
from gamelabel.games.dungeon.command_parser import actions_text
from tests.following.small_examples import typed_examples

EXAMPLES = typed_examples(12, max_actions=4)


@pytest.fixture(scope="module", params=list(AGENTS))
def agent(request: pytest.FixtureRequest) -> Agent:
    """Return an agent with random weights."""
    config = AgentConfig(request.param, width=16)
    space, vocabulary = make_action_space(DUNGEON), make_vocabulary(EXAMPLES, DUNGEON, 1)
    return make_agent(config, space, vocabulary).eval()


def test_constrained_answers_are_possible(agent: Agent) -> None:
    for example, answer in zip(EXAMPLES, follow_commands(agent, EXAMPLES), strict=True):
        assert len(answer) <= MAX_ACTIONS
        state = example.world
        for action in answer:
            assert action in valid_actions(state)
            state = apply(state, action)


def test_an_unconstrained_agent_may_try_what_is_not_possible(agent: Agent) -> None:
    tried = follow_commands(agent, EXAMPLES, constrained=False)
    possible = follow_commands(agent, EXAMPLES)
    assert tried != possible
    assert all(action != STOP for answer in tried for action in answer)


def test_answers_do_not_depend_on_the_batch(agent: Agent) -> None:
    alone = [follow_commands(agent, [example])[0] for example in EXAMPLES]
    assert follow_commands(agent, EXAMPLES) == alone
    assert follow_commands(agent, []) == []


def test_what_is_meant_is_not_read(agent: Agent) -> None:
    blind = [example._replace(actions=()) for example in EXAMPLES]
    assert follow_commands(agent, blind) == follow_commands(agent, EXAMPLES)


def test_the_losses_of_answers_are_those_of_training(agent: Agent) -> None:
    """Shared beginnings are computed once; the numbers are the same as one by one."""
    example = EXAMPLES[0]
    other = apply_first_actions(example)
    answers = [example.actions, (), other, (*other, *other)[:2], example.actions]
    losses = answer_losses(agent, example, answers)
    for answer, loss in zip(answers, losses, strict=True):
        if is_possible(example, answer):
            encoded = encode_examples([example._replace(actions=answer)], agent)
            assert negative_log_likelihood(agent, encoded).item() == pytest.approx(loss, rel=1e-4)
    assert losses[0] == losses[4]
    assert np.isfinite(losses).all()


def apply_first_actions(example: CommandExample) -> tuple[Action, ...]:
    """Return an answer of one action that begins differently."""
    others = [a for a in valid_actions(example.world) if a in DUNGEON.action_index]
    return next((action,) for action in others if action != example.actions[0])


def is_possible(example: CommandExample, answer: tuple[Action, ...]) -> bool:
    try:
        encode_world = example.world
        for action in answer:
            encode_world = apply(encode_world, action)
    except ValueError:
        return False
    return True


def test_ranks_are_reproducible(agent: Agent) -> None:
    ranks = rank_answers(agent, EXAMPLES[:4], seed=3, n_others=9)
    assert ranks.tolist() == rank_answers(agent, EXAMPLES[:4], seed=3, n_others=9).tolist()
    assert ((ranks >= 1) & (ranks <= 10)).all()


def test_ranking_some_draws_from_the_whole_test(agent: Agent) -> None:
    """Else the right answer, which loses ties, would be among the others each time."""
    every = rank_answers(agent, EXAMPLES, seed=3, n_others=9)
    some = rank_answers(agent, EXAMPLES, seed=3, n_others=9, n_ranked=4)
    assert some.tolist() == every[:4].tolist()


def test_an_agent_of_equal_losses_is_always_last() -> None:
    """Where all answers of a length are equal, the right one ranks behind them."""
    space, vocabulary = make_action_space(DUNGEON), make_vocabulary(EXAMPLES, DUNGEON, 1)
    indifferent = make_agent(AgentConfig("Seq2Seq", width=4), space, vocabulary).eval()
    with torch.no_grad():
        for weight in indifferent.parameters():
            weight.zero_()
    single = [example._replace(actions=example.actions[:1]) for example in EXAMPLES]
    assert rank_answers(indifferent, single, n_others=9).tolist() == [10] * len(single)


def test_a_table_is_read_and_a_bad_row_is_named() -> None:
    table = pd.DataFrame(
        {
            "example_id": [e.example_id for e in EXAMPLES],
            "teacher_id": [e.teacher_id for e in EXAMPLES],
            "world": [e.world.to_json() for e in EXAMPLES],
            "command": [e.command for e in EXAMPLES],
            "actions": [actions_text(e.actions) for e in EXAMPLES],
        }
    )
    read = read_examples(table, DUNGEON)
    assert [e.actions for e in read] == [e.actions for e in EXAMPLES]
    assert [e.world.state_key() for e in read] == [e.world.state_key() for e in EXAMPLES]
    with pytest.raises(ValueError, match="no column world, actions"):
        read_examples(table.drop(columns=["world", "actions"]), DUNGEON)
    with pytest.raises(ValueError, match=r"example e3: .*fly"):
        read_examples(table.assign(actions=table.actions.where(table.index != 3, "fly")), DUNGEON)
    with pytest.raises(ValueError, match=r"example e5: .*world"):
        read_examples(table.assign(world=table.world.where(table.index != 5, "{}")), DUNGEON)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"command": ""}, r"example e0: the command '' has no words"),
        ({"command": "get " * 2500}, r"example e0: .*2,500 words"),
        ({"actions": (Action("eat", "armor"),)}, r"example e0: 'eat armor' is not an action"),
        ({"actions": (Action("unwield", "axe"),)}, r"example e0: .*not possible"),
    ],
)
def test_an_example_that_cannot_be_learned_is_named(
    agent: Agent, change: dict[str, object], message: str
) -> None:
    bad = EXAMPLES[0]._replace(world=generate_world(0), **change)
    with pytest.raises(ValueError, match=message):
        encode_examples([bad, EXAMPLES[1]], agent)


def test_unknown_words_are_answered(agent: Agent) -> None:
    strange = EXAMPLES[0]._replace(command="xyzzy \x00 <script>alert(1)</script> возьми 取斧")
    assert agent.vocabulary.encode(strange.command).count(1) > 5
    assert len(follow_commands(agent, [strange])) == 1
