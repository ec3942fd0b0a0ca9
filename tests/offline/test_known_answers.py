"""Each algorithm in a world of known answer: by value iteration, counting, or quantiles."""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax

from gamelabel.offline import fit, make_transitions
from gamelabel.offline.batch_constrained_q import BatchConstrainedQ, BatchConstrainedQConfig
from gamelabel.offline.behavior_cloning import BehaviorCloning, BehaviorCloningConfig
from gamelabel.offline.conservative_q import ConservativeQ, ConservativeQConfig
from gamelabel.offline.deep_q import DeepQ
from gamelabel.offline.learner import LearnerConfig
from gamelabel.offline.quantile_networks import (
    ImplicitQuantileQ,
    QuantileConfig,
    QuantileRegressionQ,
    quantile_huber_loss,
)
from gamelabel.offline.soft_actor_critic import SoftActorCritic, SoftActorCriticConfig
from gamelabel.offline.transitions import Transitions
from tests.offline.chain_world import (
    LEFT,
    RIGHT,
    SETTINGS,
    STATES,
    OneHot,
    one_step,
    optimal_values,
    played,
    table,
    trained,
)

UPDATES = 400


@pytest.fixture(scope="module")
def both_ways() -> Transitions:
    """All actions in all states."""
    return make_transitions(played(200), 2)


@pytest.fixture(scope="module")
def never_left_at_the_end() -> Transitions:
    """Players who never go left in the last state, and rarely right elsewhere: 1 in 4."""
    episodes = []
    for episode in played(400, p_right=0.25):
        at_end = episode.observations[:-1, STATES - 1] == 1
        if not (at_end & (episode.actions == LEFT)).any():
            episodes.append(episode)
    transitions = make_transitions(episodes, 2)
    assert {LEFT, RIGHT} == set(transitions.actions.tolist())
    return transitions


def test_double_dqn_learns_the_values_of_value_iteration(tmp_path: Path, both_ways) -> None:
    learner = trained(DeepQ, LearnerConfig(**SETTINGS), both_ways, tmp_path, UPDATES)
    assert np.abs(table(learner) - optimal_values()).max() < 0.02


@pytest.mark.parametrize("learner_class", [QuantileRegressionQ, ImplicitQuantileQ])
def test_the_mean_of_the_quantiles_is_the_value(learner_class, tmp_path: Path, both_ways) -> None:
    config = QuantileConfig(**{**SETTINGS, "learning_rate": 0.02}, quantiles=8)
    learner = trained(learner_class, config, both_ways, tmp_path, UPDATES)
    assert np.abs(table(learner) - optimal_values()).max() < 0.05


@pytest.mark.parametrize("learner_class", [QuantileRegressionQ, ImplicitQuantileQ])
def test_quantiles_are_those_of_the_returns(learner_class, tmp_path: Path) -> None:
    """Returns of action 0 are uniform on [0, 10]; action 1 pays 2 or 8, each half the time."""
    rng = np.random.default_rng(0)
    actions = np.arange(4000) % 2
    coin = np.where(rng.random(4000) < 0.5, 2.0, 8.0)
    rewards = np.where(actions == 0, rng.uniform(0, 10, 4000), coin)
    transitions = one_step(actions, rewards, 2)
    config = QuantileConfig(learning_rate=0.03, batch_size=256, quantiles=10)
    learner = trained(learner_class, config, transitions, tmp_path, 600)
    levels = torch.linspace(0.05, 0.95, 10)
    with torch.no_grad():
        quantiles = learner.quantiles(torch.ones(1, 1), levels)[0].numpy()
    uniform = np.quantile(rewards[actions == 0], levels.numpy())
    assert np.abs(quantiles[:, 0] - uniform).max() < 1.0
    assert (np.diff(quantiles[:, 0]) > 0).mean() >= 8 / 9
    assert quantiles[1, 1] == pytest.approx(2, abs=1.0)
    assert quantiles[8, 1] == pytest.approx(8, abs=1.0)


def test_the_quantile_loss_by_hand() -> None:
    """|tau - 1(target < estimate)| huber: .25 * (2 - .5), and .75 * .5 * .5² of the lower one."""
    loss = quantile_huber_loss(
        torch.tensor([[1.0]]), torch.tensor([[0.25]]), torch.tensor([[3.0, 0.5]])
    )
    assert loss.item() == pytest.approx((0.25 * 1.5 + 0.75 * 0.125) / 2)


def test_behavior_cloning_learns_the_frequencies_of_the_actions(tmp_path: Path) -> None:
    transitions = make_transitions(played(300, p_right=0.7), 2)
    config = BehaviorCloningConfig(learning_rate=0.02, batch_size=256)
    learner = trained(BehaviorCloning, config, transitions, tmp_path, 300)
    states = transitions.observations[transitions.rows].argmax(1).numpy()
    frequencies = [transitions.actions.numpy()[states == s].mean() for s in range(STATES)]
    with torch.no_grad():
        learned = learner.action_probabilities(torch.eye(STATES))[:, RIGHT].numpy()
    assert np.abs(learned - frequencies).max() < 0.05


def test_the_penalty_on_logits_makes_a_cloned_policy_more_random(tmp_path: Path) -> None:
    """At beta = 1/2, the logits of two actions solve softmax(z) - p + z / 2 = 0."""
    transitions = one_step(np.arange(100) < 90, np.zeros(100), 2)
    config = BehaviorCloningConfig(0.02, 512, logit_penalty=0.5)
    learner = trained(BehaviorCloning, config, transitions, tmp_path, 300)
    logits = table(learner, 1)[0]
    # the gradient of z_1: pi_1 - 0.9 + 0.5 * 2 z_1 / 2
    assert expit(logits[1] - logits[0]) - 0.9 + 0.5 * logits[1] == pytest.approx(0, abs=0.02)


def test_cql_without_its_term_is_double_dqn(tmp_path: Path, both_ways) -> None:
    config = ConservativeQConfig(**SETTINGS, conservatism=0.0)
    learner = trained(ConservativeQ, config, both_ways, tmp_path, UPDATES)
    assert np.abs(table(learner) - optimal_values()).max() < 0.02


def test_cql_has_the_values_at_which_its_gradient_is_zero(tmp_path: Path) -> None:
    """In one state: f(a) (Q(a) - r(a)) + alpha (softmax(Q)(a) - f(a)) = 0 for frequencies f."""
    actions = np.repeat([0, 1, 2], [600, 300, 100])
    rewards = np.array([0.0, 0.3, 0.6])[actions]
    config = ConservativeQConfig(learning_rate=0.01, batch_size=512, conservatism=0.2)
    learner = trained(ConservativeQ, config, one_step(actions, rewards, 3), tmp_path, 400)
    values = table(learner, 1)[0]
    frequencies = np.bincount(actions) / len(actions)
    difference = values - np.array([0.0, 0.3, 0.6])
    assert np.abs(difference).max() < 1  # where Huber's loss is quadratic
    gradient = frequencies * difference + 0.2 * (softmax(values) - frequencies)
    assert np.abs(gradient).max() < 0.01


def test_cql_is_a_lower_bound(tmp_path: Path, never_left_at_the_end) -> None:
    """Of the value of its policy; an action that is not in the data is not overestimated."""
    config = ConservativeQConfig(**SETTINGS, conservatism=0.5)
    learner = trained(ConservativeQ, config, never_left_at_the_end, tmp_path, UPDATES)
    values, best = table(learner), optimal_values()
    policy = softmax(values, axis=1)
    assert ((policy * values).sum(1) <= best.max(1) + 0.02).all()
    assert values[STATES - 1, LEFT] < best[STATES - 1, LEFT] - 0.2


def test_bcq_never_chooses_an_action_that_the_data_do_not_have(
    tmp_path: Path, never_left_at_the_end
) -> None:
    """Both begin with a high value of it; double DQN believes it, and BCQ does not look at it.

    The imitator is uncertain of what is rare, 1 in 10, so that the threshold is lower than that.
    """
    learners = {}
    for learner_class, config in (
        (DeepQ, LearnerConfig(**SETTINGS)),
        (BatchConstrainedQ, BatchConstrainedQConfig(**SETTINGS, threshold=0.05)),
    ):
        torch.manual_seed(0)
        learner = learner_class(partial(OneHot, STATES), 2, config)
        with torch.no_grad():
            learner.critic[1].weight[LEFT, STATES - 1] = 5.0
        folder = tmp_path / learner_class.__name__
        learners[learner_class] = fit(learner, never_left_at_the_end, UPDATES, folder)
    assert table(learners[DeepQ])[STATES - 1].argmax() == LEFT
    scores = table(learners[BatchConstrainedQ])
    assert scores[STATES - 1, LEFT] == -math.inf
    assert np.abs(scores[:, RIGHT] - optimal_values()[:, RIGHT]).max() < 0.03


@pytest.mark.parametrize(("threshold", "allowed"), [(0.0, 3), (0.3, 2), (1.0, 1)])
def test_the_threshold_of_bcq(threshold: float, allowed: int) -> None:
    """Imitated probabilities .6, .3, .1: relative to the largest, 1, .5 and .17."""
    learner = BatchConstrainedQ(partial(OneHot, 1), 3, BatchConstrainedQConfig(threshold=threshold))
    with torch.no_grad():
        learner.imitator[1].weight.zero_()
        learner.imitator[1].bias.copy_(torch.tensor([0.6, 0.3, 0.1]).log())
    assert np.isfinite(table(learner, 1)).sum() == allowed


def test_sac_at_a_fixed_temperature_learns_soft_values(tmp_path: Path, both_ways) -> None:
    """Q by soft value iteration, and the policy softmax(Q / alpha)."""
    torch.manual_seed(0)
    config = SoftActorCriticConfig(**SETTINGS, initial_temperature=0.2)
    learner = SoftActorCritic(partial(OneHot, STATES), 2, config)
    learner.log_temperature.requires_grad_(False)
    fit(learner, both_ways, 2 * UPDATES, tmp_path)
    expected = optimal_values(temperature=0.2)
    with torch.no_grad():
        values = learner.critic(torch.eye(STATES)).numpy()
        policy = learner.action_probabilities(torch.eye(STATES)).numpy()
    assert np.abs(values - expected).max() < 0.05
    assert np.abs(policy - softmax(expected / 0.2, axis=1)).max() < 0.05
    assert np.abs(expected - optimal_values()).max() > 0.1  # they are not the usual values


def test_sac_learns_a_temperature_that_keeps_the_entropy(tmp_path: Path) -> None:
    """One state, rewards 0 and 1: at the target entropy, alpha solves H(softmax(r / alpha)) = h."""
    actions = np.arange(1000) % 2
    config = SoftActorCriticConfig(0.02, 128, entropy_share=0.7)
    learner = trained(
        SoftActorCritic, config, one_step(actions, actions.astype(float), 2), tmp_path, 600
    )
    with torch.no_grad():
        policy = learner.action_probabilities(torch.ones(1, 1))[0]
        temperature = learner.log_temperature.exp()
    entropy = -(policy * policy.log()).sum()
    assert entropy.item() == pytest.approx(0.7 * math.log(2), abs=0.05)
    # log odds of the policy are the difference of the rewards over alpha
    assert (policy[1] / policy[0]).log().item() == pytest.approx(1 / temperature.item(), rel=0.1)


@pytest.mark.parametrize(("ended", "value"), [(True, 1.0), (False, 5.0)])
def test_a_truncated_episode_keeps_the_value_of_its_last_state(
    ended: bool, value: float, tmp_path: Path
) -> None:
    """A reward of 1 a step for ever is worth 1 / (1 - 0.8); if the game ends it is worth 1."""
    step = one_step(np.zeros(10, int), np.ones(10), 1)
    flags = torch.full((10,), ended)
    transitions = replace(step, terminated=flags, truncated=~flags)
    learner = trained(DeepQ, LearnerConfig(**SETTINGS), transitions, tmp_path, 300)
    assert table(learner, 1)[0, 0] == pytest.approx(value, abs=0.1)


def test_the_configs_have_crowdplays_defaults() -> None:
    """Its Table 7."""
    assert LearnerConfig() == LearnerConfig(6.25e-5, 32, 0.99, 8000)
    assert BehaviorCloningConfig() == replace(BehaviorCloningConfig(), learning_rate=1e-3)
    assert BatchConstrainedQConfig().threshold == 0.3
    assert ConservativeQConfig().conservatism == SoftActorCriticConfig().initial_temperature == 1.0
    assert (SoftActorCriticConfig().learning_rate, SoftActorCriticConfig().batch_size) == (3e-4, 64)
