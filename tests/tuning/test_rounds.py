"""Rounds: each generates with the adapter of the last one and continues to tune it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gamelabel.tuning.adapter import base_hash, fingerprint, load_adapter, tune_adapter
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.rounds import RoundsArm, tune_arms_in_rounds, tune_in_rounds
from gamelabel.tuning.scored import generate_scored
from tests.tuning.tiny_model import PROMPTS, SHORT, make_pipe, redness

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


def test_arms_in_rounds_are_trained_at_their_rate_from_each_seed(pipe, tmp_path):
    arms = {
        "By reward": RoundsArm(redness, "red", "dpo", OPTIONS, 1e-2, seeds=2),
        "RAFT": RoundsArm(redness, "red", "raft", {"batch_size": 4}, 1e-3),
    }
    settings = {"rounds": 2, "images_per_prompt": 3, "rank": 2, "seed": 4}
    adapters = tune_arms_in_rounds(pipe, PROMPTS, arms, SHORT, tmp_path, **settings)
    assert {name: len(files) for name, files in adapters.items()} == {
        "By reward, 1": 2,
        "By reward, 2": 2,
        "RAFT, 1": 1,
        "RAFT, 2": 1,
    }
    assert adapters["By reward, 2"][1].parent == tmp_path / "by_reward-5" / "round-2"
    config = replace(SHORT, learning_rate=1e-2)
    arguments = (PROMPTS, redness, "red", "dpo", OPTIONS, config, tmp_path / "alone", 2, 3)
    alone = tune_in_rounds(pipe, *arguments, rank=2, seed=5)
    assert alone[1].read_bytes() == adapters["By reward, 2"][1].read_bytes()


def test_an_unknown_method_is_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown method 'sft': choose raft or dpo"):
        arguments = (PROMPTS[:1], redness, "red", "sft", {}, SHORT, tmp_path, 1, 2)
        tune_in_rounds(make_pipe(), *arguments)
