"""The agents against plain loops over one example at a time, and what padding must not change."""

from typing import Any

import pytest
import torch

from gamelabel.following.action_centric import ActionCentric, argument_overlap
from gamelabel.following.action_transformer import ActionTransformer
from gamelabel.following.agent import Agent
from gamelabel.following.encoded_examples import negative_log_likelihood
from gamelabel.following.gru_update import gru_update
from gamelabel.following.seq2seq import Seq2Seq
from gamelabel.games.dungeon import Action
from tests.following.plain import plain_losses
from tests.following.small_space import SPACE, make_words, random_examples

VARIANTS: list[tuple[type[Agent], dict[str, Any]]] = [
    (ActionCentric, {}),
    (ActionCentric, {"counter": "first argument"}),
    (ActionCentric, {"counter": "none"}),
    (ActionCentric, {"counter": "none", "sees_place": False}),
    (ActionCentric, {"sees_place": False, "ties_arguments": False}),
    (ActionCentric, {"sees_previous": True}),
    (ActionCentric, {"direction": "forward"}),
    (Seq2Seq, {}),
    (Seq2Seq, {"direction": "forward"}),
    (ActionTransformer, {}),
]
HAS_PLAIN_LOOP = [variant for variant in VARIANTS if variant[0] is not ActionTransformer]


def make(variant: tuple[type[Agent], dict[str, Any]], seed: int = 0) -> Agent:
    torch.manual_seed(seed)
    kind, options = variant
    make_agent: Any = kind
    return make_agent(SPACE, make_words(), 16, **options).eval()


def name(variant: tuple[type[Agent], dict[str, Any]]) -> str:
    return " ".join([variant[0].__name__, *map(str, variant[1].values())])


@pytest.mark.parametrize("variant", HAS_PLAIN_LOOP, ids=name)
def test_the_loss_is_that_of_the_plain_loop(variant: tuple[type[Agent], dict[str, Any]]) -> None:
    agent, examples = make(variant), random_examples(24)
    losses = negative_log_likelihood(agent, examples)
    torch.testing.assert_close(
        losses, torch.stack(plain_losses(agent, examples)), rtol=1e-6, atol=0
    )


@pytest.mark.parametrize("variant", HAS_PLAIN_LOOP, ids=name)
def test_the_gradient_is_that_of_the_plain_loop(
    variant: tuple[type[Agent], dict[str, Any]],
) -> None:
    agent, examples = make(variant).double(), random_examples(12)
    weights = dict(agent.named_parameters())
    batched = torch.autograd.grad(
        negative_log_likelihood(agent, examples).sum(), list(weights.values()), allow_unused=True
    )
    plain = torch.autograd.grad(
        torch.stack(plain_losses(agent, examples)).sum(), list(weights.values()), allow_unused=True
    )
    for weight, first, second in zip(weights, batched, plain, strict=True):
        assert (first is None) == (second is None), f"{weight} has a gradient in one of them"
        if first is not None and second is not None:
            torch.testing.assert_close(first, second)


@pytest.mark.parametrize("variant", VARIANTS, ids=name)
def test_padding_changes_nothing(variant: tuple[type[Agent], dict[str, Any]]) -> None:
    agent, examples = make(variant), random_examples(16, seed=1)
    together = negative_log_likelihood(agent, examples)
    alone = [negative_log_likelihood(agent, examples.rows(torch.tensor([i]))) for i in range(16)]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS, ids=name)
def test_the_order_of_a_batch_changes_nothing(variant: tuple[type[Agent], dict[str, Any]]) -> None:
    agent, examples = make(variant), random_examples(16, seed=2)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    first = negative_log_likelihood(agent, examples)[order]
    second = negative_log_likelihood(agent, examples.rows(order))
    torch.testing.assert_close(first, second, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS, ids=name)
def test_a_state_is_not_changed_by_going_on(variant: tuple[type[Agent], dict[str, Any]]) -> None:
    agent, examples = make(variant), random_examples(4)
    state = agent.begin(examples.words, examples.lengths)
    before = {key: values.clone() for key, values in state.items()}
    agent.advance(state, torch.full((4,), len(SPACE)), examples.places[:, 0])
    assert all(torch.equal(state[key], values) for key, values in before.items())


@pytest.mark.parametrize("variant", VARIANTS, ids=name)
def test_masked_probabilities_sum_to_one_over_possible_actions(
    variant: tuple[type[Agent], dict[str, Any]],
) -> None:
    """With one action possible at each step, nothing is left to learn."""
    agent, examples = make(variant), random_examples(6)
    only = torch.zeros_like(examples.possible).scatter_(2, examples.actions[..., None], True)
    examples.possible.copy_(only)
    assert negative_log_likelihood(agent, examples, masked=True).abs().max() == 0
    assert negative_log_likelihood(agent, examples).min() > 0


def test_arguments_of_a_new_transformer_attend_to_their_names() -> None:
    torch.manual_seed(0)
    agent = ActionTransformer(SPACE, make_words(), 64).eval()
    names = agent.argument_words[agent.argument_words > 0][None]
    n = names.shape[1]
    words, arguments = agent._word_tokens(names), agent._argument_tokens(torch.tensor([0]))
    tokens = torch.cat([words, arguments[:, agent.argument_words > 0]], 1)
    layers: Any = agent.layers.layers
    for layer in layers:
        normed = layer.norm1(tokens)
        weights = layer.self_attn(normed, normed, normed)[1][0, n:, :n]
        weights = weights / weights.sum(1, keepdim=True)
        assert weights.diagonal().mean() > 1.5 / n


def test_an_ablation_does_not_read_what_it_leaves_out() -> None:
    without = make((ActionCentric, {"counter": "none", "sees_place": False}))
    examples = random_examples(8)
    moved = random_examples(8)
    moved.places.copy_(examples.places.flip(0))
    assert not torch.equal(examples.places, moved.places)
    losses = [negative_log_likelihood(without, e) for e in (examples, moved)]
    assert torch.equal(*losses)
    with_place = make((ActionCentric, {}))
    losses = [negative_log_likelihood(with_place, e) for e in (examples, moved)]
    assert not torch.equal(*losses)


def test_tied_arguments_share_their_embedding_with_words() -> None:
    """The action `go tower` changes with the word "tower", also where nobody wrote it."""
    for tied in (True, False):
        agent = make((ActionCentric, {"ties_arguments": tied}))
        before = agent.arguments().clone()
        with torch.no_grad():
            agent.encoder.embedding.weight[agent.vocabulary.number("tower")] += 1.0
        changed = (agent.arguments() != before).any(1).nonzero().flatten().tolist()
        assert changed == ([SPACE.arguments.index("tower")] if tied else [])


def test_counts_by_hand() -> None:
    both, first = (argument_overlap(SPACE, key) for key in ("both arguments", "first argument"))
    number = SPACE.number_of
    put, get = number[Action("put", "axe", "troll")], number[Action("get", "axe")]
    put_apple = number[Action("put", "apple", "troll")]
    assert both[put, put] == 2 and first[put, put] == 1
    assert (both[put, put_apple], first[put, put_apple]) == (1, 0)
    assert both[put, get] == first[put, get] == 1
    assert both[:, SPACE.stop].sum() == first[:, SPACE.stop].sum() == 0
    assert both[-1].sum() == first[-1].sum() == 0  # no action yet


@pytest.mark.parametrize("n_hidden", [1, 5])
def test_the_gradient_of_the_gru_is_right(n_hidden: int) -> None:
    torch.manual_seed(0)
    shapes = (3, 5, 12), (3, n_hidden, 12), (3, n_hidden, 4)
    tensors = [torch.randn(*shape, dtype=torch.double, requires_grad=True) for shape in shapes]
    assert torch.autograd.gradcheck(gru_update, tensors)
