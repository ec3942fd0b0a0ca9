"""What all algorithms share: names, networks, training that resumes, policies, evaluation."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from gamelabel import training
from gamelabel.offline import (
    ALGORITHMS,
    Demonstration,
    evaluate_policy,
    fit,
    make_learner,
    make_transitions,
    play_policy,
    random_policy,
)
from gamelabel.offline.networks import encoder_for
from tests.offline.chain_world import RIGHT, ChainEnvironment, played

SETTINGS = {"learning_rate": 0.01, "batch_size": 16}


@pytest.fixture(scope="module")
def transitions():
    return make_transitions(played(60), 2)


@pytest.fixture(scope="module")
def screens():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (7, 84, 84), np.uint8)
    last = np.arange(6) == 5
    return make_transitions(
        [Demonstration(frames, np.arange(6) % 3, np.ones(6), last, last & False)], 3, 4
    )


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_interrupted_training_resumes_with_its_target(
    name, tmp_path: Path, monkeypatch, transitions
) -> None:
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    settings = {**SETTINGS, "target_interval": 5}
    straight = make_learner(name, transitions, settings)
    fit(straight, transitions, 12, tmp_path / "straight")

    half = make_learner(name, transitions, settings)
    original, calls = half.loss, []

    def stopping(*arguments):
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return original(*arguments)

    half.loss = stopping
    with pytest.raises(KeyboardInterrupt):
        fit(half, transitions, 12, tmp_path / "half")
    resumed = make_learner(name, transitions, settings)
    fit(resumed, transitions, 12, tmp_path / "half")
    for key, value in straight.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_seed_gives_the_same_weights_and_policies_again(name, transitions) -> None:
    before = torch.get_rng_state()
    first, second, other = (make_learner(name, transitions, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    weights = [torch.cat([p.flatten() for p in x.parameters()]) for x in (first, second, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    observations = np.eye(6, dtype=np.float32)[np.arange(30) % 6]
    draws = [learner.policy(sampled=True, seed=3)(observations) for learner in (first, second)]
    assert np.array_equal(*draws)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_learns_from_stacked_screens(name, tmp_path: Path, screens) -> None:
    learner = make_learner(name, screens, {"batch_size": 2}, "small cnn")
    fit(learner, screens, 1, tmp_path)
    actions = learner.policy()(screens.batch(torch.arange(3)).observations.numpy())
    assert actions.shape == (3,) and set(actions.tolist()) <= {0, 1, 2}


def test_the_nature_network_has_its_published_size(screens) -> None:
    """Mnih et al. 2015: 3136 features after the convolutions, 1,684,128 weights before the head."""
    encoder = encoder_for(screens, "nature cnn")()
    assert encoder.layers[-2].in_features == 3136
    assert sum(weight.numel() for weight in encoder.parameters()) == 1_684_128


def test_vectors_are_standardized(transitions) -> None:
    numbers = transitions.observations.clone()
    numbers[:, 0] = 1000 + 50 * numbers[:, 0]
    numbers[:, 1] = 7.0  # never changes
    encoder = encoder_for(replace(transitions, observations=numbers))()
    scaled = (numbers - encoder.mean) / encoder.scale
    assert torch.allclose(scaled.mean(0), torch.zeros(6), atol=1e-3)
    assert torch.allclose(scaled.std(0, correction=0)[[0, 2, 3]], torch.ones(3), atol=1e-3)
    assert (scaled[:, 1] == 0).all()


def test_what_does_not_exist_is_named(transitions, screens) -> None:
    with pytest.raises(ValueError, match="no algorithm 'DDPG'; there are BC, BCQ"):
        make_learner("DDPG", transitions)
    with pytest.raises(ValueError, match="DQN has no setting 'alpha'; it has learning_rate"):
        make_learner("DQN", transitions, {"alpha": 1})
    with pytest.raises(ValueError, match=r"'nature cnn' does not fit .* \(6,\): use mlp"):
        make_learner("DQN", transitions, network="nature cnn")
    with pytest.raises(ValueError, match="'mlp' does not fit"):
        make_learner("DQN", screens)


def test_a_sampled_policy_draws_with_the_probabilities() -> None:
    learner = make_learner("BC", make_transitions(played(5), 2))
    with torch.no_grad():
        learner.imitator[1].weight.zero_()
        learner.imitator[1].bias.copy_(torch.tensor([0.8, 0.2]).log())
    observations = np.zeros((4000, 6), np.float32)
    assert (learner.policy()(observations) == 0).all()
    assert (learner.policy(sampled=True)(observations) == 1).mean() == pytest.approx(0.2, abs=0.03)


def always_right(observations):
    return np.full(len(observations), RIGHT)


def test_episodes_are_played_to_their_end_each_from_its_own_seed() -> None:
    closed = ChainEnvironment.closed
    episodes = play_policy(always_right, ChainEnvironment, 12, seed=1)
    starts = [int(episode.observations[0].argmax()) for episode in episodes]
    assert [len(episode.actions) for episode in episodes] == [6 - start for start in starts]
    assert len(set(starts)) > 2
    assert all(episode.terminated[-1] and not episode.truncated.any() for episode in episodes)
    assert (evaluate_policy(always_right, ChainEnvironment, 12, seed=1) == 1.0).all()
    assert ChainEnvironment.closed == closed + 24
    make_transitions(episodes, 2)  # they can be learned from


def test_an_episode_that_is_cut_off_is_truncated() -> None:
    episodes = play_policy(always_right, ChainEnvironment, 20, seed=0, max_steps=3)
    for episode in episodes:
        ended = len(episode.actions) == 6 - int(episode.observations[0].argmax())
        assert len(episode.actions) <= 3
        assert (episode.terminated[-1], episode.truncated[-1]) == (ended, not ended)
    with pytest.raises(ValueError, match="at least one step"):
        play_policy(always_right, ChainEnvironment, max_steps=0)


class BrokenEnvironment(ChainEnvironment):
    def step(self, action):
        observation, _, *rest = super().step(action)
        return observation, float("nan"), *rest


def test_a_reward_that_is_not_a_number_stops_the_evaluation_and_closes_all() -> None:
    BrokenEnvironment.closed = 0
    with pytest.raises(ValueError, match="reward of step 0 is nan"):
        evaluate_policy(always_right, BrokenEnvironment, 3)
    assert BrokenEnvironment.closed == 3


def test_the_random_policy_is_worse_than_the_best() -> None:
    returns = evaluate_policy(random_policy(2), ChainEnvironment, 40)
    assert returns.mean() < 0.95 and set(returns.tolist()) == {0.3, 1.0}


@pytest.mark.full
def test_cloning_a_good_cartpole_player_plays_well(tmp_path: Path) -> None:
    gymnasium = pytest.importorskip("gymnasium")
    make = partial(gymnasium.make, "CartPole-v1")

    def player(observations):  # pushes towards where the pole falls
        return (observations[:, 2] + 0.5 * observations[:, 3] > 0).astype(int)

    transitions = make_transitions(play_policy(player, make, 20, seed=1), 2)
    learner = make_learner("BC", transitions)
    fit(learner, transitions, 400, tmp_path)
    cloned = evaluate_policy(learner.policy(), make, 5, seed=9).mean()
    assert cloned > 5 * evaluate_policy(random_policy(2), make, 5, seed=9).mean()
