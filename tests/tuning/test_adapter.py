"""Adapters: what is saved loads with stock diffusers, on its own base only; tuning continues."""

import json
import math
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FluxPipeline, FluxTransformer2DModel
from diffusers.hooks import apply_group_offloading
from peft import LoraConfig, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from gamelabel.images.adapter_files import UnusableAdapter
from gamelabel.images.pipeline import encode_prompts, generate, load_pipeline
from gamelabel.training import TrainingConfig, TrainingStep
from gamelabel.tuning import adapter as adapter_module
from gamelabel.tuning.adapter import (
    ADAPTER_FILE,
    WrongBase,
    add_adapter,
    base_hash,
    fingerprint,
    load_adapter,
    remove_adapter,
    save_adapter,
    training_cost,
    training_folder,
    tune_adapter,
)
from gamelabel.tuning.data import LatentDataset
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.sft import sft_loss
from tests.tuning.tiny_model import PROMPTS, SHORT, make_dataset, make_pipe


def first_image(pipe: FluxPipeline):
    return next(generate(pipe, ["a red circle"], [1]))


def test_stock_flux_loads_what_is_saved_and_generates_the_same(repository, tmp_path):
    pipe = load_pipeline(repository, device="cpu")
    plain = first_image(pipe)
    weights = add_adapter(pipe.transformer, rank=4)
    assert (first_image(pipe) == plain).all(), "a new adapter changes nothing"
    with torch.no_grad():
        for weight in weights:
            weight.normal_(std=0.1)
    tuned = first_image(pipe)
    file = save_adapter(pipe.transformer, tmp_path / "adapter", precision="fp32")
    assert (tuned != plain).any()
    files = {
        save_adapter(pipe.transformer, tmp_path / "adapter", precision="fp32").read_bytes()
        for _ in range(8)
    }
    assert len(files) == 1

    loaded = load_pipeline(repository, device="cpu", adapter=file)
    assert (first_image(loaded) == tuned).all()
    stock = FluxPipeline.from_pretrained(repository)
    # the memory format of load_pipeline, so that convolutions round alike
    stock.vae.to(memory_format=torch.channels_last)
    stock.load_lora_weights(tmp_path / "adapter")
    # its operations are in another order, which some processors round to the next of 256 levels
    assert np.abs(first_image(stock).astype(int) - tuned.astype(int)).max() <= 1

    remove_adapter(pipe.transformer)
    assert (first_image(pipe) == plain).all()
    add_adapter(pipe.transformer, rank=2)  # another one after it
    remove_adapter(pipe.transformer)


def test_alpha_is_the_rank_so_the_adapter_is_not_scaled(pipe, tmp_path):
    add_adapter(pipe.transformer, rank=4)
    layers = [layer for layer in pipe.transformer.modules() if isinstance(layer, LoraLayer)]
    file = save_adapter(pipe.transformer, tmp_path)
    remove_adapter(pipe.transformer)
    assert layers and {layer.scaling["default"] for layer in layers} == {1.0}
    with safe_open(file, framework="pt") as opened:
        config = json.loads(opened.metadata()["lora_adapter_metadata"])
    assert (config["transformer.r"], config["transformer.lora_alpha"]) == (4, 4)


@pytest.mark.parametrize(("rank", "size"), [(64, 687_341_568), (16, 171_835_392)])
def test_an_adapter_of_schnell_is_as_large_as_the_published_one(rank, size):
    """GameLabel-10K's file has 687 MB, rank 64 of every linear layer of the blocks in 16 bits."""
    with torch.device("meta"):
        transformer = FluxTransformer2DModel(guidance_embeds=False)  # otherwise schnell's defaults
        weights = add_adapter(transformer, rank)
    assert 2 * sum(weight.numel() for weight in weights) == size


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("fp16", torch.float16), ("bf16", torch.bfloat16), ("fp32", torch.float32)],
)
def test_the_precision_of_the_file_is_a_choice(adapted, tmp_path, precision, dtype):
    file = save_adapter(adapted.transformer, tmp_path, precision=precision)
    saved = load_file(file)
    assert {weight.dtype for weight in saved.values()} == {dtype}
    trained = get_peft_model_state_dict(adapted.transformer)
    for name, weight in trained.items():
        assert torch.equal(saved[f"transformer.{name}"], weight.to(dtype))


def test_the_file_has_the_precision_of_the_published_one(adapted, tmp_path):
    saved = load_file(save_adapter(adapted.transformer, tmp_path))
    assert {weight.dtype for weight in saved.values()} == {torch.float16}


def test_the_layers_of_the_norms_are_adapted_and_those_outside_the_blocks_are_not(adapted):
    names = get_peft_model_state_dict(adapted.transformer)
    layers = {name.rsplit(".", 2)[0] for name in names}
    assert "transformer_blocks.0.norm1_context.linear" in layers
    assert "single_transformer_blocks.0.norm.linear" in layers
    assert not {"x_embedder", "context_embedder", "norm_out.linear", "proj_out"} & layers


def test_the_default_rank_is_16(pipe):
    add_adapter(pipe.transformer)
    layers = [layer for layer in pipe.transformer.modules() if isinstance(layer, LoraLayer)]
    remove_adapter(pipe.transformer)
    assert {layer.r["default"] for layer in layers} == {16}


def test_a_base_in_bfloat16_gets_an_adapter_in_float32(repository, tmp_path):
    """FLUX.1 is loaded in bfloat16 on a GPU."""
    pipe = load_pipeline(repository, device="cpu").to(torch.bfloat16)
    plain = first_image(pipe)
    generator = torch.Generator().manual_seed(0)
    latents, noise = torch.randn(2, 4, 16, 32, generator=generator)
    data = LatentDataset(latents, noise, encode_prompts(pipe, PROMPTS[:4]))
    assert data.text.embeds.dtype == torch.bfloat16
    config = TrainingConfig(3, 2, 0.05, warmup_steps=1, ema_decay=0.5, bf16=False)
    loss = sft_loss(pipe.transformer, data, 2)
    files = [
        tune_adapter(pipe.transformer, loss, config, tmp_path / name, "data", rank=2)
        for name in ("first", "second")
    ]
    contents = {file.name for file in files[0].parent.iterdir()}
    assert contents == {files[0].name, "adapter_config.json"}, "checkpoint and log are elsewhere"
    assert files[0].read_bytes() == files[1].read_bytes()
    assert (first_image(pipe) == plain).all()
    weights = add_adapter(pipe.transformer, rank=2)
    assert {weight.dtype for weight in weights} == {torch.float32}
    remove_adapter(pipe.transformer)
    pipe.load_lora_weights(str(files[0]))
    assert (first_image(pipe) != plain).any()


def test_equal_data_have_equal_hashes_however_long_they_are():
    rows = torch.arange(1000.0).view(500, 2)
    assert fingerprint(rows) == fingerprint(rows.clone()) != fingerprint(rows + 1)
    assert fingerprint(rows, torch.tensor(math.nan).expand(500, 2)) != fingerprint(rows)


def test_the_hash_of_a_base_is_computed_once_while_its_weights_stay(pipe, monkeypatch):
    counted = []

    def counting(*tensors):
        counted.append(sum(tensor.numel() for tensor in tensors))
        return fingerprint(*tensors)

    monkeypatch.setattr("gamelabel.tuning.adapter.fingerprint", counting)
    n_weights = sum(weight.numel() for weight in pipe.transformer.parameters())
    first = base_hash(pipe.transformer)
    counted.clear()
    add_adapter(pipe.transformer, rank=2)
    assert base_hash(pipe.transformer) == first and max(counted) < n_weights / 4
    remove_adapter(pipe.transformer)
    with torch.no_grad():
        pipe.transformer.proj_out.bias[-1] += 1.0
    assert base_hash(pipe.transformer) != first and max(counted) == n_weights
    with torch.no_grad():
        pipe.transformer.proj_out.bias[-1] -= 1.0


def test_another_base_refuses_an_adapter_and_names_both(tmp_path):
    pipe, other = make_pipe(0), make_pipe(1)
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    file = tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "one", "data", rank=2)
    base, other_base = base_hash(pipe.transformer), base_hash(other.transformer)
    with pytest.raises(WrongBase, match=rf"tuned on the base {base}.*is the base {other_base}"):
        load_adapter(other, file)
    arguments = (loss, SHORT, tmp_path / "two", "data")
    with pytest.raises(WrongBase, match=other_base):
        tune_adapter(other.transformer, *arguments, rank=2, start=file)
    with pytest.raises(WrongBase, match="another rank"):
        tune_adapter(pipe.transformer, *arguments, rank=4, start=file)
    plain = first_image(pipe)
    load_adapter(pipe, file)
    assert base_hash(pipe.transformer) == base, "the adapter is no part of its base"
    assert (first_image(pipe) != plain).any()
    pipe.unload_lora_weights()
    assert (first_image(pipe) == plain).all()


def test_an_adapter_of_a_quantized_base_loads_on_the_whole_model(tmp_path):
    """The hash of weights in 8 or 4 bits is not that of the model, so nothing is compared."""
    pipe, quantized = make_pipe(0), make_pipe(1)
    quantized.transformer.is_quantized = True  # as diffusers marks it
    loss = sft_loss(quantized.transformer, make_dataset(quantized), 4)
    file = tune_adapter(quantized.transformer, loss, SHORT, tmp_path / "one", "data", rank=2)
    load_adapter(pipe, file)
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    whole = tune_adapter(make_pipe(0).transformer, loss, SHORT, tmp_path / "two", "data", rank=2)
    load_adapter(quantized, whole)


def write_adapter(pipe: FluxPipeline, file: Path, base: str) -> Path:
    """Write an adapter of one layer as another trainer does, with the name of its base."""
    size = pipe.transformer.x_embedder.weight.shape
    weights = {"lora_A": torch.randn(2, size[1]), "lora_B": torch.randn(size[0], 2)}
    header = json.dumps({"transformer.base_model_name_or_path": base, "transformer.r": 2})
    named = {f"transformer.x_embedder.{half}.weight": w for half, w in weights.items()}
    save_file(named, file, {"lora_adapter_metadata": header})
    return file


def test_a_model_of_fluxs_width_takes_adapters_of_its_family(tmp_path, monkeypatch):
    """Other trainers write the name of their base; adapters of FLUX.1-dev are used on schnell."""
    pipe = make_pipe()
    file = write_adapter(pipe, tmp_path / "a.safetensors", "black-forest-labs/FLUX.1-dev")
    with pytest.raises(WrongBase, match=r"a\.safetensors was tuned on .*FLUX.1-dev.* 3072: load"):
        load_adapter(pipe, file)
    config = pipe.transformer.config
    width = config.num_attention_heads * config.attention_head_dim
    monkeypatch.setattr("gamelabel.tuning.adapter._FLUX_WIDTH", width)
    plain = first_image(pipe)
    load_adapter(pipe, file)
    assert (first_image(pipe) != plain).any()


def test_a_torn_adapter_is_refused_by_name(tmp_path):
    pipe = make_pipe()
    file = write_adapter(pipe, tmp_path / "a.safetensors", base_hash(pipe.transformer))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(UnusableAdapter, match=r"a\.safetensors cannot be read"):
        load_adapter(pipe, file)
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    with pytest.raises(UnusableAdapter, match=r"a\.safetensors cannot be read"):
        tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "b", "", 2, start=file)


def test_pefts_configuration_is_beside_the_adapter(tmp_path):
    pipe = make_pipe()
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    file = tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "one", "", rank=2)
    config = LoraConfig.from_pretrained(str(file.parent))
    assert (config.r, config.lora_alpha) == (2, 2)
    assert config.base_model_name_or_path == base_hash(pipe.transformer)
    assert "transformer_blocks.0.norm1.linear" in config.target_modules


def compile_whole(pipe: FluxPipeline) -> None:
    pipe.transformer = torch.compile(pipe.transformer, backend="eager")


def compile_blocks(pipe: FluxPipeline) -> None:
    blocks = pipe.transformer.transformer_blocks
    blocks[0] = torch.compile(blocks[0], backend="eager")


@pytest.mark.parametrize("compile_model", [compile_whole, compile_blocks])
def test_a_compiled_model_is_tuned_as_the_same_without(compile_model, tmp_path):
    """`torch.compile` puts `_orig_mod.` into names, which are not those of the file."""
    pipe, compiled = make_pipe(), make_pipe()
    compile_model(compiled)
    files = []
    for name, model in (("plain", pipe), ("compiled", compiled)):
        loss = sft_loss(model.transformer, make_dataset(pipe), 4)
        first = tune_adapter(model.transformer, loss, SHORT, tmp_path / f"{name} 1", "", 2)
        again = (tmp_path / f"{name} 2", "", 2, 0, first)
        files.append(tune_adapter(model.transformer, loss, SHORT, *again))
    weights, others = map(load_file, files)
    assert weights.keys() == others.keys()
    for name, weight in weights.items():
        assert torch.allclose(others[name].float(), weight.float(), atol=1e-3), name
    plain = first_image(compiled)
    load_adapter(compiled, files[0])
    assert (first_image(compiled) != plain).any()


class OffloadHook:
    """What accelerate puts on a model that is on the processor until it is used."""

    execution_device = torch.device("cpu")


def test_an_offloaded_model_is_tuned_where_it_computes(tmp_path, monkeypatch):
    pipe = make_pipe()
    transformer, moves = pipe.transformer, []
    transformer._hf_hook = OffloadHook()
    monkeypatch.setattr(type(transformer), "to", lambda self, place: moves.append(place))
    loss = sft_loss(transformer, make_dataset(pipe), 4)

    def seen(step: TrainingStep):
        assert moves == [OffloadHook.execution_device], "it is there before training"
        return loss(step)

    tune_adapter(transformer, seen, SHORT, tmp_path / "one", "", rank=2)


def test_a_model_whose_layers_are_offloaded_one_by_one_is_not_tuned(tmp_path):
    pipe = make_pipe()
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    apply_group_offloading(
        pipe.transformer, torch.device("cpu"), offload_type="block_level", num_blocks_per_group=1
    )
    with pytest.raises(ValueError, match="layers are offloaded one by one"):
        tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "one", "", rank=2)


def test_tuning_continues_from_an_adapter(tmp_path):
    """At learning rate 0 the second adapter is the first; a new one begins at the base."""
    pipe = make_pipe()
    loss = sft_loss(pipe.transformer, make_dataset(pipe), 4)
    first = tune_adapter(pipe.transformer, loss, SHORT, tmp_path / "first", "data", rank=2)
    still = TrainingConfig(1, 4, 0.0, warmup_steps=1, bf16=False)
    arguments = (pipe.transformer, loss, still)
    second = tune_adapter(*arguments, tmp_path / "second", "data", rank=2, start=first)
    assert second.read_bytes() == first.read_bytes()
    fresh = tune_adapter(*arguments, tmp_path / "fresh", "data", rank=2)
    assert fresh.read_bytes() != first.read_bytes()
    log = (training_folder(tmp_path / "second") / "log.jsonl").read_text()
    assert json.loads(log)["step"] == 1


def test_pairs_are_held_to_what_training_continues_from(tmp_path):
    """The margin is zero where training begins, and that reference does not move."""
    pipe = make_pipe()
    transformer, data = pipe.transformer, make_dataset(pipe)
    loss = sft_loss(transformer, data, 4)
    first = tune_adapter(transformer, loss, SHORT, tmp_path / "one", "", 2)
    margins = []
    pair_loss = pairwise_loss(transformer, data, make_dataset(pipe, 1), 4, beta=1e4)

    def recording(step: TrainingStep):
        value, metrics = pair_loss(step)
        margins.append(metrics["margin"].item())
        return value, metrics

    tune_adapter(transformer, recording, SHORT, tmp_path / "two", "", 2, start=first)
    assert margins[0] == 0 and margins[-1] != 0


def test_the_cost_is_that_of_the_training(tmp_path):
    file = tmp_path / "adapter" / ADAPTER_FILE
    with pytest.raises(FileNotFoundError, match="was trained elsewhere"):
        training_cost(file, 8)
    folder = training_folder(tmp_path / "adapter")
    folder.mkdir(parents=True)
    rows = [{"step": 50, "seconds": 4.0}, {"step": 80, "seconds": 7.5}]
    (folder / "log.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    assert training_cost(file, 8) == {"seconds": 7.5, "steps": 80, "pictures": 640}


def test_a_base_is_hashed_once_and_again_when_it_has_changed(pipe, monkeypatch):
    sizes = []

    def counted(*tensors):
        sizes.append(sum(tensor.numel() for tensor in tensors))
        return fingerprint(*tensors)

    monkeypatch.setattr(adapter_module, "fingerprint", counted)
    transformer = deepcopy(pipe.transformer)
    n_weights = sum(weight.numel() for weight in transformer.parameters())
    first = base_hash(transformer)
    assert base_hash(transformer) == first == fingerprint(*transformer.parameters())
    assert sizes.count(n_weights) == 1
    layer = transformer.transformer_blocks[0].attn.to_q
    layer.weight.data += 0.5  # as fusing an adapter does
    assert base_hash(transformer) == fingerprint(*transformer.parameters()) != first
