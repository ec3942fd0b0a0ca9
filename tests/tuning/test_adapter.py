import json
import math

import pytest
import torch
from diffusers import FluxPipeline

from gamelabel.images.pipeline import encode_prompts, generate, load_pipeline
from gamelabel.training import TrainingConfig
from gamelabel.tuning.adapter import (
    WrongBase,
    add_adapter,
    base_of,
    fingerprint,
    put_on,
    remove_adapter,
    save_adapter,
    training_folder,
    tune_adapter,
)
from gamelabel.tuning.data import Pictures
from gamelabel.tuning.losses import dpo
from gamelabel.tuning.pairwise import pairwise_loss
from gamelabel.tuning.sft import sft_loss
from tests.images.repositories import untrained_repository
from tests.tuning.worlds import PROMPTS, SHORT, make_pipe


def test_stock_flux_loads_what_is_saved_and_draws_the_same(tmp_path):
    repository = untrained_repository(tmp_path / "flux")
    pipe = load_pipeline(repository, device="cpu")
    plain = next(generate(pipe, ["a red circle"], [1]))
    weights = add_adapter(pipe.transformer, rank=4)
    assert (next(generate(pipe, ["a red circle"], [1])) == plain).all(), (
        "a fresh adapter changes nothing"
    )
    with torch.no_grad():
        for weight in weights:
            weight.normal_(std=0.1)
    tuned = next(generate(pipe, ["a red circle"], [1]))
    file = save_adapter(pipe.transformer, tmp_path / "adapter")
    assert (tuned != plain).any()
    assert (
        len({save_adapter(pipe.transformer, tmp_path / "adapter").read_bytes() for _ in range(8)})
        == 1
    )

    assert (
        next(generate(load_pipeline(repository, device="cpu", adapter=file), ["a red circle"], [1]))
        == tuned
    ).all()
    stock = FluxPipeline.from_pretrained(repository)
    stock.vae.to(
        memory_format=torch.channels_last
    )  # as `load` has it, or a value in many would round otherwise
    stock.load_lora_weights(tmp_path / "adapter")
    assert (next(generate(stock, ["a red circle"], [1])) == tuned).all()

    remove_adapter(pipe.transformer)
    assert (next(generate(pipe, ["a red circle"], [1])) == plain).all()
    add_adapter(pipe.transformer, rank=2)  # another one after it
    remove_adapter(pipe.transformer)


def test_a_base_in_bfloat16_gets_an_adapter_in_float32_that_it_draws_with(tmp_path):
    """As FLUX.1 is loaded on a GPU."""
    pipe = load_pipeline(untrained_repository(tmp_path / "flux"), device="cpu").to(torch.bfloat16)
    plain = next(generate(pipe, ["a red circle"], [1]))
    generator = torch.Generator().manual_seed(0)
    clean, noise = (torch.randn(4, 16, 32, generator=generator) for _ in range(2))
    data = Pictures(
        clean,
        noise,
        encode_prompts(pipe, ["a red circle", "two blue stars", "a red star", "a green square"]),
    )
    assert data.text.embeds.dtype == torch.bfloat16
    fit = TrainingConfig(
        steps=3, batch_size=2, learning_rate=0.05, warmup_steps=1, ema_decay=0.5, bf16=False
    )
    files = [
        tune_adapter(
            pipe.transformer,
            sft_loss(pipe.transformer, data, 2),
            fit,
            tmp_path / name,
            "data",
            rank=2,
        )
        for name in ("first", "again")
    ]
    assert [file.name for file in files[0].parent.iterdir()] == [files[0].name], (
        "times of the training lie elsewhere"
    )
    assert files[0].read_bytes() == files[1].read_bytes()
    assert (next(generate(pipe, ["a red circle"], [1])) == plain).all()
    weights = add_adapter(pipe.transformer, rank=2)
    assert {weight.dtype for weight in weights} == {torch.float32}
    remove_adapter(pipe.transformer)
    pipe.load_lora_weights(str(files[0]))
    assert (next(generate(pipe, ["a red circle"], [1])) != plain).any()


def test_equal_data_have_equal_names_however_long_they_are():
    rows = torch.arange(1000.0).view(500, 2)
    assert fingerprint(rows) == fingerprint(rows.clone()) != fingerprint(rows + 1)
    assert fingerprint(rows, torch.tensor(math.nan).expand(500, 2)) != fingerprint(rows)


def lesson(pipe: FluxPipeline, seed: int = 0) -> Pictures:
    clean, noise = torch.randn(2, 5, 16, 32, generator=torch.Generator().manual_seed(seed))
    return Pictures(clean, noise, encode_prompts(pipe, PROMPTS))


def test_an_adapter_is_refused_by_another_base_and_both_are_named(tmp_path):
    pipe, other = make_pipe(0), make_pipe(1)
    loss = sft_loss(pipe.transformer, lesson(pipe), 4)
    file = tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "one", "data", rank=2)
    bases = [base_of(each.transformer) for each in (pipe, other)]
    with pytest.raises(
        WrongBase, match=rf"one.*tuned on the base {bases[0]}.*is the base {bases[1]}"
    ):
        put_on(other, file)
    with pytest.raises(WrongBase, match=bases[1]):
        tune_adapter(other.transformer, loss, SHORT, tmp_path / "two", "data", rank=2, start=file)
    with pytest.raises(WrongBase, match="another rank"):
        tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "two", "data", rank=4, start=file)
    plain = next(generate(pipe, PROMPTS[:1], [1]))
    put_on(pipe, file)
    assert base_of(pipe.transformer) == bases[0], "the adapter is no part of its base"
    assert (next(generate(pipe, PROMPTS[:1], [1])) != plain).any()
    pipe.unload_lora_weights()
    assert (next(generate(pipe, PROMPTS[:1], [1])) == plain).all()


def test_tuning_goes_on_from_an_adapter(tmp_path):
    """With no step that moves it, the second is the first; a fresh one begins at the base."""
    pipe = make_pipe()
    loss = sft_loss(pipe.transformer, lesson(pipe), 4)
    first = tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "first", "data", rank=2)
    still = TrainingConfig(steps=1, batch_size=4, learning_rate=0.0, warmup_steps=1, bf16=False)
    second = tune_adapter(
        pipe.transformer, loss, still, tmp_path / "second", "data", rank=2, start=first
    )
    assert second.read_bytes() == first.read_bytes()
    fresh = tune_adapter(pipe.transformer, loss, still, tmp_path / "fresh", "data", rank=2)
    assert fresh.read_bytes() != first.read_bytes()
    log = (training_folder(tmp_path / "second") / "log.jsonl").read_text()
    assert json.loads(log)["step"] == 1


def test_pairs_are_held_to_what_training_goes_on_from(tmp_path):
    """The margin is zero where training begins, whatever adapter that is; and that adapter does not move with it."""
    pipe = make_pipe()
    first = tune_adapter(
        pipe.transformer,
        sft_loss(pipe.transformer, lesson(pipe), 4),
        SHORT,
        tmp_path / "one",
        "",
        2,
    )
    margins = []

    def kept(h, rows):
        margins.append(h.detach())
        return dpo(h, 1e4)

    loss = pairwise_loss(pipe.transformer, lesson(pipe), lesson(pipe, 1), 4, kept)
    tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "two", "", 2, start=first)
    assert (margins[0] == 0).all() and (margins[-1] != 0).all()
