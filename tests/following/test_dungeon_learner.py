"""The agent as a learner of the protocol, and as a folder."""

from pathlib import Path

import pytest
import torch

from gamelabel.following import AgentConfig, follow_commands, train_agent
from gamelabel.following.agent_folder import load_agent, save_agent
from gamelabel.following.dungeon_learner import DungeonLearner
from gamelabel.games.descent.descent_example import Example, Learner
from gamelabel.games.dungeon import DUNGEON
from gamelabel.games.dungeon.command_parser import actions_text, parse_actions
from tests.following.small_examples import typed_examples

CONFIG = AgentConfig("Seq2Seq", width=8, epochs=2, min_count=1)
EXAMPLES = [
    Example(e.example_id, e.teacher_id, e.command, actions_text(e.actions), e.world.to_json())
    for e in typed_examples(12)
]


def test_it_is_a_learner_of_the_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    learner: Learner = DungeonLearner(CONFIG)
    learner.fit(EXAMPLES[:8], seed=0)
    assert capsys.readouterr().err == ""  # which is a service's log
    answers = learner.predict(EXAMPLES)
    assert len(answers) == len(EXAMPLES)
    assert all(isinstance(parse_actions(answer), tuple) for answer in answers)
    blind = [example._replace(answer="") for example in EXAMPLES]
    assert learner.predict(blind) == answers


def test_a_warm_start_leaves_the_first_learner_as_it_is() -> None:
    first, second = DungeonLearner(CONFIG), DungeonLearner(CONFIG, warm_epochs=1)
    first.fit(EXAMPLES[:8], seed=0)
    before = first.predict(EXAMPLES)
    second.fit(EXAMPLES, seed=1, start=first)
    assert first.predict(EXAMPLES) == before
    assert second.agent is not None and second.agent is not first.agent


def test_it_says_that_it_has_not_learned_and_which_example_is_bad() -> None:
    learner = DungeonLearner(CONFIG)
    with pytest.raises(RuntimeError, match="call `fit` first"):
        learner.predict(EXAMPLES)
    with pytest.raises(ValueError, match=r"example e1: .*not a world"):
        learner.fit([EXAMPLES[0], EXAMPLES[1]._replace(context="{}")], seed=0)
    with pytest.raises(ValueError, match=r"example e1: .*has no words"):
        learner.fit([EXAMPLES[0], EXAMPLES[1]._replace(input="...")], seed=0)


@pytest.mark.parametrize("name", ["AC-Seq2Seq", "Transformer"])
def test_a_saved_agent_answers_as_before(name: str, tmp_path: Path) -> None:
    options = {"counter": "first argument"} if name == "AC-Seq2Seq" else {"n_layers": 1}
    config = AgentConfig(name, width=8, epochs=1, options=options)
    examples = typed_examples(8)
    agent = train_agent(config, examples, tmp_path / "training", DUNGEON)
    save_agent(agent, config, tmp_path / "agent")
    loaded = load_agent(tmp_path / "agent")
    assert follow_commands(loaded, examples) == follow_commands(agent, examples)
    assert all(
        torch.equal(a, b) for a, b in zip(agent.parameters(), loaded.parameters(), strict=True)
    )


def test_a_folder_without_an_agent_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no agent for this setting: .*agent.json"):
        load_agent(tmp_path)
    (tmp_path / "agent.json").write_text("{}")
    with pytest.raises(ValueError, match="has no agent for this setting: 'vocabulary'"):
        load_agent(tmp_path)
