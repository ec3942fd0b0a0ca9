"""Rounds: each generates with the adapter of the last one and continues to tune it."""

from pathlib import Path

import pytest
import torch

from gamelabel.tuning.adapter import base_hash, fingerprint, load_adapter, tune_adapter
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.rounds import tune_in_rounds
from gamelabel.tuning.scored import generate_scored
from tests.tuning.worlds import PROMPTS, SHORT, make_pipe, redness

OPTIONS = {"batch_size": 4, "beta": 100.0}


def test_rounds_continue_from_each_other_and_repeat(pipe, tmp_path):
    transformer, base = pipe.transformer, base_hash(pipe.transformer)
    generated = tmp_path / "generated"

    def tune(folder: str, rounds: int) -> list[Path]:
        arguments = (PROMPTS, redness, "red", "dpo", OPTIONS, SHORT, tmp_path / folder, rounds, 3)
        return tune_in_rounds(pipe, *arguments, rank=2, generated=generated)

    adapters = tune("one", 2)
    again = tune("two", 2)
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in adapters]
    assert base_hash(transformer) == base

    # the second round, step by step
    load_adapter(pipe, adapters[0])
    scored = generate_scored(pipe, PROMPTS, 3, redness, "red", tmp_path / "other", seed=1)
    pipe.unload_lora_weights()
    first = generate_scored(pipe, PROMPTS, 3, redness, "red", generated, seed=0)
    assert not torch.equal(first.noise, scored.noise), "each round has new noise"
    loss = pairwise_loss(transformer, *scored.best_and_worst(), **OPTIONS)
    data = fingerprint(scored.latents.flatten(0, 1), scored.scores)
    alone = tune_adapter(transformer, loss, SHORT, tmp_path / "a", data, 2, start=adapters[0])
    assert alone.read_bytes() == adapters[1].read_bytes()


def test_rounds_of_other_options_are_trained_anew(pipe, tmp_path):
    def tune(method: str, **options) -> bytes:
        arguments = (PROMPTS, redness, "red", method, options, SHORT, tmp_path, 1, 3)
        (file,) = tune_in_rounds(pipe, *arguments, rank=2)
        return file.read_bytes()

    first = tune("dpo", batch_size=4, beta=100.0)
    assert tune("dpo", batch_size=4, beta=1e4) != first
    assert tune("raft", batch_size=4) != first
    assert tune("dpo", batch_size=4, beta=100.0) == first


def test_an_unknown_method_is_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown method 'sft': choose raft or dpo"):
        arguments = (PROMPTS[:1], redness, "red", "sft", {}, SHORT, tmp_path, 1, 2)
        tune_in_rounds(make_pipe(), *arguments)
