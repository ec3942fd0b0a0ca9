"""Examples learned from per second in batches, against one example at a time.

    python -m benchmarks.bench_following
    python -m benchmarks.bench_following 64              # examples

The plain loop is the paper's equation as it is written: for each example it projects the input of
each of the 163 actions, then updates the hidden states with a GRU cell. Both sides compute the same
loss (the benchmark checks it to six digits), its gradient, and one step of the optimizer for each
batch of 16, with one thread. Times are processor time, which also holds on a busy machine.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from benchmarks.timing import parse_size, timed
from gamelabel.following.agent import Agent
from gamelabel.following.command_examples import (
    encode_examples,
    make_action_space,
    make_vocabulary,
    read_examples,
)
from gamelabel.following.encoded_examples import EncodedExamples, negative_log_likelihood
from gamelabel.following.train_agent import AgentConfig, make_agent
from gamelabel.games.dungeon import DUNGEON
from gamelabel.games.dungeon.simulated_commands import simulated_examples
from tests.following.plain import plain_losses

BATCH = 16
WIDTHS = (64, 350)


def learn(agent: Agent, examples: EncodedExamples, batched: bool) -> float:
    """Take one step of the optimizer for each batch; return the mean loss of the first batch."""
    optimizer = torch.optim.AdamW(agent.parameters(), lr=0.0)
    first = 0.0
    for start in range(0, len(examples), BATCH):
        batch = examples.rows(torch.arange(start, min(start + BATCH, len(examples))))
        optimizer.zero_grad()
        if batched:
            losses: list[Tensor] = [negative_log_likelihood(agent, batch).sum()]
            losses[0].backward()
        else:
            losses = []
            for i in range(len(batch)):
                losses += plain_losses(agent, batch.rows(torch.tensor([i])))
                losses[-1].backward()
        optimizer.step()
        first = first or sum(loss.item() for loss in losses) / len(batch)
    return first


def main(n_examples: int) -> None:
    torch.set_num_threads(1)
    table = simulated_examples(math.ceil(n_examples / 8), 8, seed=0).head(n_examples)
    examples = read_examples(table, DUNGEON)
    space, vocabulary = make_action_space(DUNGEON), make_vocabulary(examples, DUNGEON)
    for name in ("AC-Seq2Seq", "Seq2Seq"):
        for width in WIDTHS:
            agent = make_agent(AgentConfig(name, width), space, vocabulary)
            encoded = encode_examples(examples, agent)
            sides = [timed(partial(learn, agent, encoded, batched), 2) for batched in (False, True)]
            (plain, loss), (in_batches, batched_loss) = sides
            assert math.isclose(float(str(loss)), float(str(batched_loss)), rel_tol=1e-5)
            rate, batched_rate = (len(encoded) / seconds for seconds in (plain, in_batches))
            print(
                f"{name}, width {width}: {rate:.1f} examples/s one at a time,"
                f" {batched_rate:.1f} in batches of {BATCH}: {plain / in_batches:.1f} times",
                flush=True,
            )


if __name__ == "__main__":
    main(parse_size(__doc__, 48, "examples"))
