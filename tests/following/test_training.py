"""Training: agents learn, the same seed gives the same weights, and what goes wrong is said."""

from functools import partial
from pathlib import Path

import pytest
import torch

from gamelabel.following import AGENTS, AgentConfig, follow_commands, train_agent
from gamelabel.following.command_examples import encode_examples
from gamelabel.following.encoded_examples import negative_log_likelihood
from gamelabel.games.dungeon import DUNGEON
from tests.following.small_examples import typed_examples

EXAMPLES = typed_examples(40, max_actions=2)
QUICK = partial(AgentConfig, width=16, batch_size=8, learning_rate=1e-2, min_count=1)


@pytest.mark.parametrize("name", list(AGENTS))
def test_an_agent_learns_what_it_is_shown(name: str, tmp_path: Path) -> None:
    examples = EXAMPLES[:16]
    losses = []
    for epochs, rate in ((1, 0.0), (12, 5e-3)):
        config = QUICK(name, width=32, epochs=epochs, learning_rate=rate)
        agent = train_agent(config, examples, tmp_path / f"epochs{epochs}", DUNGEON)
        with torch.no_grad():
            encoded = encode_examples(examples, agent)
            losses.append(negative_log_likelihood(agent, encoded).mean().item())
    assert losses[1] < 0.75 * losses[0]


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    config = QUICK("AC-Seq2Seq", epochs=1)
    agents = [
        train_agent(config, EXAMPLES[:16], tmp_path / str(i), DUNGEON, seed)
        for i, seed in enumerate((0, 0, 1))
    ]
    first, second, third = (torch.cat([w.flatten() for w in a.parameters()]) for a in agents)
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_a_warm_start_keeps_weights_and_vocabulary(tmp_path: Path) -> None:
    config = QUICK("Seq2Seq", epochs=1, learning_rate=0.0)
    start = train_agent(config, EXAMPLES[:16], tmp_path / "start", DUNGEON)
    warm = train_agent(config, EXAMPLES[16:], tmp_path / "warm", DUNGEON, seed=5, start=start)
    assert warm.vocabulary == start.vocabulary
    assert all(
        torch.allclose(a, b) for a, b in zip(warm.parameters(), start.parameters(), strict=True)
    )


def test_the_same_example_a_thousand_times_is_one_example(tmp_path: Path) -> None:
    config = QUICK("Seq2Seq", epochs=1, batch_size=100)
    agent = train_agent(config, EXAMPLES[:1] * 1000, tmp_path, DUNGEON)
    assert len(follow_commands(agent, EXAMPLES[:1])) == 1


def test_a_model_that_diverges_says_where_and_names_its_examples(tmp_path: Path) -> None:
    config = QUICK("Seq2Seq", epochs=50, learning_rate=1e38)
    with pytest.raises(FloatingPointError, match=r"not finite at step .* has the rows .*lower the"):
        train_agent(config, EXAMPLES, tmp_path, DUNGEON)


def test_no_examples_and_an_unknown_agent_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are none"):
        train_agent(QUICK(), [], tmp_path, DUNGEON)
    with pytest.raises(ValueError, match="the agents are AC-Seq2Seq, Seq2Seq, Transformer"):
        AgentConfig("GPT")
