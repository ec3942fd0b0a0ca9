"""LoRA files of other trainers: all have the effect of the same adapter, or are refused by name."""

import json
import logging
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import FluxPipeline
from peft import LoraConfig
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from gamelabel.flow import Text, velocity
from gamelabel.images.adapter_files import (
    ADAPTER_FILE,
    PEFT_FILE,
    UnusableAdapter,
    export_adapter,
    find_adapter_file,
    layer_names,
    put_on_adapter,
    read_adapter,
    write_peft_config,
)
from gamelabel.images.adapter_names import original_names
from tests.images.repositories import schnell_pipeline

RANK = 2
Weights = dict[str, Tensor]


@pytest.fixture(scope="module")
def transformer():
    """FLUX's layers, narrow: one double block and two single ones."""
    return schnell_pipeline().transformer.eval()


@pytest.fixture(scope="module")
def weights(transformer) -> Weights:
    """An adapter of all linear layers of the blocks, by diffusers' names."""
    return random_weights(transformer, "transformer_blocks.")


def random_weights(transformer, marker: str) -> Weights:
    generator = torch.Generator().manual_seed(0)
    weights = {}
    for name, layer in transformer.named_modules():
        if isinstance(layer, torch.nn.Linear) and marker in name:
            sizes = (RANK, layer.in_features), (layer.out_features, RANK)
            a, b = (torch.randn(size, generator=generator) * 0.1 for size in sizes)
            weights |= {f"{name}.lora_A.weight": a, f"{name}.lora_B.weight": b}
    return weights


@torch.no_grad()
def output(transformer) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    config = transformer.config
    text = Text(
        torch.randn(1, 4, config.joint_attention_dim, generator=generator),
        torch.randn(1, config.pooled_projection_dim, generator=generator),
    )
    x_t = torch.randn(1, 16, config.in_channels, generator=generator)
    return velocity(transformer, x_t, torch.ones(1) / 2, text)


def output_with(transformer, place: Path) -> Tensor:
    put_on_adapter(transformer, place)
    try:
        return output(transformer)
    finally:
        transformer.unload_lora()


def write(weights: Weights, file: Path, metadata: dict | None = None) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    header = {"lora_adapter_metadata": json.dumps(metadata)} if metadata else None
    save_file({name: weight.contiguous() for name, weight in weights.items()}, file, header)
    return file


def diffusers_names(weights: Weights) -> Weights:
    return {f"transformer.{name}": weight for name, weight in weights.items()}


def down_up(weights: Weights) -> Weights:
    pairs = ("lora_A", "lora_down"), ("lora_B", "lora_up")
    for a, b in pairs:
        weights = {name.replace(a, b): weight for name, weight in weights.items()}
    return weights


def fused(weights: Weights) -> Weights:
    """Black Forest Labs' layers, each with the factors of those that it holds side by side."""
    result = {}
    for name, parts in original_names(2).items():
        if parts[0] + ".lora_A.weight" not in weights:
            continue
        factors = [weights[f"{part}.lora_A.weight"] for part in parts]
        blocks = [weights[f"{part}.lora_B.weight"] for part in parts]
        result[f"{name}.lora_A.weight"] = torch.cat(factors)
        result[f"{name}.lora_B.weight"] = torch.block_diag(*blocks)
    return result


def onetrainer(weights: Weights) -> Weights:
    renamed = {}
    for name in layer_names(weights):
        other = "lora_transformer_" + name.replace(".", "_")
        renamed[f"{other}.lora_down.weight"] = weights[f"{name}.lora_A.weight"]
        renamed[f"{other}.lora_up.weight"] = weights[f"{name}.lora_B.weight"]
        renamed[f"{other}.alpha"] = torch.tensor(float(RANK))
    return renamed


def prefixed(prefix: str, weights: Weights) -> Weights:
    return {f"{prefix}{name}": weight for name, weight in weights.items()}


def half_alpha(weights: Weights) -> Weights:
    """Half the scale, and twice the weights."""
    renamed = diffusers_names(weights)
    renamed = {name: w * 2 if "lora_B" in name else w for name, w in renamed.items()}
    names = [f"transformer.{name}.alpha" for name in layer_names(weights)]
    return renamed | {name: torch.tensor(RANK / 2) for name in names}


def mixed_ranks(weights: Weights) -> Weights:
    """One layer of a higher rank than the others, whose additional factors have no effect."""
    renamed = diffusers_names(weights)
    a, b = (f"transformer.single_transformer_blocks.0.proj_out.lora_{x}.weight" for x in "AB")
    renamed[a] = torch.cat((renamed[a], torch.randn(3, renamed[a].shape[1])))
    renamed[b] = torch.cat((renamed[b], torch.zeros(len(renamed[b]), 3)), 1)
    return renamed


FORMS: dict[str, Callable[[Weights], Weights]] = {
    "diffusers and ai-toolkit": diffusers_names,
    "no prefix": lambda weights: weights,
    "peft": lambda weights: prefixed("base_model.model.", weights),
    "peft with the adapter's name": lambda weights: {
        "base_model.model." + name.replace(".weight", ".default.weight"): weight
        for name, weight in weights.items()
    },
    "diffusion_model": lambda weights: prefixed("diffusion_model.", weights),
    "lora_down": lambda weights: down_up(diffusers_names(weights)),
    "older diffusers": lambda weights: {
        name.replace(".lora_A", ".lora.down").replace(".lora_B", ".lora.up"): weight
        for name, weight in diffusers_names(weights).items()
    },
    "OneTrainer": onetrainer,
    "Black Forest Labs": fused,
    "Black Forest Labs by peft": lambda weights: prefixed("base_model.model.", fused(weights)),
    "ComfyUI": lambda weights: down_up(prefixed("diffusion_model.", fused(weights))),
    "kohya": lambda weights: {
        "lora_unet_" + re.sub(r"\.(?=.*\.lora_)", "_", name): weight
        for name, weight in down_up(fused(weights)).items()
    },
    "alpha of half the rank": half_alpha,
    "mixed ranks": mixed_ranks,
}


@pytest.mark.parametrize("form", FORMS)
def test_an_adapter_has_its_effect_in_every_form(transformer, weights, form, tmp_path, caplog):
    reference = output_with(
        transformer, write(diffusers_names(weights), tmp_path / "a.safetensors")
    )
    plain = output(transformer)
    assert (reference - plain).abs().max() > 0.01
    file = write(FORMS[form](weights), tmp_path / "b.safetensors")
    logging.getLogger("diffusers").propagate = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.allclose(output_with(transformer, file), reference, atol=1e-5)
    assert not caplog.records
    assert torch.equal(output(transformer), plain), "it is taken off again"


@pytest.mark.parametrize("format", ["comfyui", "kohya", "peft"])
def test_what_is_exported_is_read_again(transformer, weights, format, tmp_path):
    file = write(diffusers_names(weights), tmp_path / "a.safetensors")
    out = export_adapter(file, tmp_path / "b.safetensors", format)
    again = read_adapter(out)
    assert again.keys() == weights.keys()
    assert all(torch.equal(again[name], weights[name]) for name in weights)
    assert torch.allclose(output_with(transformer, out), output_with(transformer, file), atol=1e-5)
    with pytest.raises(FileExistsError, match=r"b\.safetensors exists"):
        export_adapter(file, out, format)


def full_width_weights() -> Weights:
    """A double and a single block of FLUX.1's width, which diffusers' conversion expects."""
    generator = torch.Generator().manual_seed(0)
    double, single = "transformer_blocks.0", "single_transformer_blocks.0"
    sizes = {f"{double}.attn.{name}": (3072, 3072) for name in ("to_q", "to_k", "to_v", "to_out.0")}
    added = ("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out")
    sizes |= {f"{double}.attn.{name}": (3072, 3072) for name in added}
    sizes |= {f"{double}.{name}.linear": (3072, 6 * 3072) for name in ("norm1", "norm1_context")}
    for part in ("ff", "ff_context"):
        sizes |= {f"{double}.{part}.net.0.proj": (3072, 12288)}
        sizes |= {f"{double}.{part}.net.2": (12288, 3072)}
    sizes |= {f"{single}.attn.{name}": (3072, 3072) for name in ("to_q", "to_k", "to_v")}
    sizes |= {f"{single}.proj_mlp": (3072, 12288), f"{single}.proj_out": (15360, 3072)}
    sizes |= {f"{single}.norm.linear": (3072, 3 * 3072)}
    weights = {}
    for name, (inputs, outputs) in sizes.items():
        weights[f"{name}.lora_A.weight"] = torch.randn(1, inputs, generator=generator)
        weights[f"{name}.lora_B.weight"] = torch.randn(outputs, 1, generator=generator)
    return weights


@pytest.mark.parametrize("format", ["comfyui", "kohya"])
def test_diffusers_reads_what_is_exported_as_the_same_layers(format, tmp_path):
    weights = full_width_weights()
    file = write(diffusers_names(weights), tmp_path / "a.safetensors")
    out = export_adapter(file, tmp_path / "b.safetensors", format)
    converted = FluxPipeline.lora_state_dict(str(out))
    assert converted.keys() == diffusers_names(weights).keys()
    for layer in layer_names(weights):
        name = f"transformer.{layer}"
        a, b = (converted[f"{name}.lora_{half}.weight"][:16] for half in "AB")
        expected_a, expected_b = (weights[f"{layer}.lora_{half}.weight"][:16] for half in "AB")
        assert torch.allclose(b @ a, expected_b @ expected_a, atol=1e-5), layer


def test_xlabs_names_are_read_as_diffusers_reads_them(tmp_path):
    generator = torch.Generator().manual_seed(0)
    shapes = {"double_blocks.3.processor.proj_lora1": (2, 96, 96)}
    shapes |= {"double_blocks.3.processor.proj_lora2": (2, 96, 96)}
    shapes |= {f"double_blocks.3.processor.qkv_lora{i}": (2, 96, 288) for i in (1, 2)}
    shapes |= {"single_blocks.5.processor.qkv_lora": (2, 96, 288)}
    shapes |= {"single_blocks.5.processor.proj_lora": (2, 480, 96)}
    tensors = {}
    for name, (rank, inputs, outputs) in shapes.items():
        tensors[f"{name}.down.weight"] = torch.randn(rank, inputs, generator=generator)
        tensors[f"{name}.up.weight"] = torch.randn(outputs, rank, generator=generator)
    file = write(tensors, tmp_path / "xlabs.safetensors")
    expected = FluxPipeline.lora_state_dict(str(file))
    read = diffusers_names(read_adapter(file))
    assert read.keys() == expected.keys()
    assert all(torch.equal(read[name], expected[name]) for name in expected)


def test_the_last_layer_has_its_halves_in_the_other_order(transformer, tmp_path):
    """Black Forest Labs' code has shift and scale, diffusers scale and shift."""
    weights = random_weights(transformer, "norm_out.linear")
    file = write(diffusers_names(weights), tmp_path / "a.safetensors")
    out = export_adapter(file, tmp_path / "b.safetensors", "kohya")
    up = load_file(out)["lora_unet_final_layer_adaLN_modulation_1.lora_up.weight"]
    shift, scale = up.chunk(2)
    assert torch.equal(torch.cat((scale, shift)), weights["norm_out.linear.lora_B.weight"])
    assert torch.equal(
        read_adapter(out)["norm_out.linear.lora_B.weight"], torch.cat((scale, shift))
    )


def test_peft_opens_what_is_exported_for_it(transformer, weights, tmp_path):
    from peft import PeftModel

    file = write(diffusers_names(weights), tmp_path / "a.safetensors")
    reference = output_with(transformer, file)
    folder = export_adapter(file, tmp_path / "peft", "peft")
    config = LoraConfig.from_pretrained(str(folder))
    assert config.r == config.lora_alpha == RANK
    model = PeftModel.from_pretrained(schnell_pipeline().transformer.eval(), str(folder))
    assert torch.allclose(output(model.get_base_model()), reference, atol=1e-5)


@pytest.mark.parametrize(
    ("stated", "scale"),
    [
        ({"r": RANK, "lora_alpha": 4 * RANK}, 4.0),
        ({"r": RANK, "lora_alpha": RANK, "use_rslora": True}, RANK**0.5),
        ({"r": RANK, "lora_alpha": RANK, "alpha_pattern": {"proj_out": 3 * RANK}}, 3.0),
    ],
)
def test_the_scale_that_a_file_states_is_that_of_its_layers(weights, stated, scale, tmp_path):
    layer = "single_transformer_blocks.1.proj_out.lora_B.weight"
    header = {f"transformer.{name}": value for name, value in stated.items()}
    file = write(diffusers_names(weights), tmp_path / "a.safetensors", header)
    assert torch.allclose(read_adapter(file)[layer], scale * weights[layer])
    folder = tmp_path / "peft"
    write(prefixed("base_model.model.", weights), folder / PEFT_FILE)
    (folder / "adapter_config.json").write_text(json.dumps(stated))
    assert torch.allclose(read_adapter(folder)[layer], scale * weights[layer])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_adapters_of_fewer_bits_are_read(transformer, weights, dtype, tmp_path):
    file = write(diffusers_names(weights), tmp_path / "a.safetensors")
    fewer = {name: weight.to(dtype) for name, weight in diffusers_names(weights).items()}
    reference = output_with(transformer, file)
    result = output_with(transformer, write(fewer, tmp_path / "b.safetensors"))
    assert torch.allclose(result, reference, atol=0.2) and not torch.equal(result, reference)


@pytest.mark.parametrize("name", [ADAPTER_FILE, PEFT_FILE, "my_lora.safetensors"])
def test_a_folder_stands_for_its_adapter(name, tmp_path):
    write({"x": torch.zeros(1)}, tmp_path / name)
    assert find_adapter_file(tmp_path) == tmp_path / name


def test_a_place_without_an_adapter_says_so(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(FileNotFoundError, match=f"no adapter at {place}"):
            find_adapter_file(place)


def two_at_once(transformer, one: Path, two: Path) -> Tensor:
    put_on_adapter(transformer, one, "one")
    put_on_adapter(transformer, two, "two")
    transformer.set_adapter(["one", "two"])
    try:
        return output(transformer)
    finally:
        transformer.unload_lora()


def test_two_adapters_are_on_at_once(transformer, weights, tmp_path):
    """Two adapters of half the weights are the adapter itself."""
    half = {name: w / 2 if "lora_B" in name else w for name, w in weights.items()}
    file = write(diffusers_names(half), tmp_path / "a.safetensors")
    whole = write(diffusers_names(weights), tmp_path / "b.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        both = two_at_once(transformer, file, file)
    assert torch.allclose(both, output_with(transformer, whole), atol=1e-5)


def test_layers_of_a_text_encoder_are_left_out_with_a_warning(weights, tmp_path):
    others = {"lora_te1_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": torch.ones(2, 4)}
    file = write(diffusers_names(weights) | others, tmp_path / "a.safetensors")
    with pytest.warns(UserWarning, match=r"a\.safetensors also has layers of a text encoder"):
        assert read_adapter(file).keys() == weights.keys()


def deeper(weights: Weights) -> Weights:
    return {n.replace("_blocks.0.", "_blocks.18."): w for n, w in diffusers_names(weights).items()}


def wider(weights: Weights) -> Weights:
    names = diffusers_names(weights)
    return {n: torch.zeros([2 * s if s > RANK else s for s in w.shape]) for n, w in names.items()}


def without_a_half(weights: Weights) -> Weights:
    names = diffusers_names(weights)
    return dict(list(names.items())[1:])


def not_finite(weights: Weights) -> Weights:
    return {name: weight * torch.nan for name, weight in diffusers_names(weights).items()}


def no_product(weights: Weights) -> Weights:
    names = diffusers_names(weights)
    return {n: torch.zeros(5, w.shape[1]) if "_A" in n else w for n, w in names.items()}


FAULTS = {
    "deeper": (deeper, r"for another base: this model does not have its layer .*_blocks\.18"),
    "wider": (wider, r"for another base: its layer .* takes \d+ values .* of this model \d+"),
    "half a pair": (without_a_half, "has only a part of the layer transformer.*: it is incomplete"),
    "NaN": (not_finite, "has values that are not finite, in transformer"),
    "other ranks": (no_product, r"has factors of \(5, \d+\) and \(\d+, 2\) in .* no product"),
    "unknown names": (
        lambda weights: prefixed("unknown.", weights),
        "does not have its layer unknown",
    ),
    "nothing of LoRA": (lambda _: {"x": torch.zeros(1)}, "has x, which is not part of a LoRA"),
    "whole weights": (
        lambda _: {"transformer.x_embedder.weight": torch.zeros(1)},
        "has transformer.x_embedder.weight, which is not part of a LoRA adapter",
    ),
    "only a text encoder": (
        lambda _: {"text_encoder.layer.lora_A.weight": torch.zeros(1)},
        "has no layer of FLUX's transformer",
    ),
    "DoRA": (
        lambda weights: diffusers_names(weights) | {"x.lora_magnitude_vector": torch.zeros(1)},
        "is a DoRA",
    ),
    "LoKr": (lambda _: {"x.lokr_w1": torch.zeros(1)}, "is a LoKr"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_fit_is_refused_by_the_name_of_its_file(
    transformer, weights, fault, tmp_path
):
    change, message = FAULTS[fault]
    file = write(change(weights), tmp_path / "lora.safetensors")
    plain = output(transformer)
    with pytest.raises(UnusableAdapter, match=f"the adapter {file} .*{message}"):
        put_on_adapter(transformer, file)
    assert torch.equal(output(transformer), plain)


def test_a_dora_is_refused_by_its_configuration(weights, tmp_path):
    header = {"transformer.use_dora": True}
    file = write(diffusers_names(weights), tmp_path / "lora.safetensors", header)
    with pytest.raises(UnusableAdapter, match="is a DoRA"):
        read_adapter(file)


def test_a_torn_file_and_another_kind_of_file_are_refused(weights, tmp_path):
    file = write(diffusers_names(weights), tmp_path / "lora.safetensors")
    file.write_bytes(file.read_bytes()[:2000])
    other = tmp_path / "pickle.pt"
    torch.save(weights, other)
    for place in (file, other):
        with pytest.raises(UnusableAdapter, match=f"the adapter {place} cannot be read .* copy it"):
            read_adapter(place)


def test_an_export_that_would_lose_layers_is_refused(weights, tmp_path):
    some = {n: w for n, w in diffusers_names(weights).items() if ".to_k." not in n}
    file = write(some, tmp_path / "a.safetensors")
    message = "has transformer_blocks.0.attn.to_q without transformer_blocks.0.attn.to_k"
    with pytest.raises(UnusableAdapter, match=message):
        export_adapter(file, tmp_path / "b.safetensors", "kohya")
    other = write({"x.lora_A.weight": torch.ones(1, 1), "x.lora_B.weight": torch.ones(1, 1)}, file)
    with pytest.raises(UnusableAdapter, match="has x, which this format has no name for"):
        export_adapter(other, tmp_path / "b.safetensors", "comfyui")
    assert not (tmp_path / "b.safetensors").exists()


def test_a_file_keeps_its_precision_when_exported(weights, tmp_path):
    half = {name: weight.half() for name, weight in diffusers_names(weights).items()}
    out = export_adapter(write(half, tmp_path / "a.safetensors"), tmp_path / "b", "kohya")
    with safe_open(out, framework="pt") as opened:
        dtypes = {opened.get_tensor(name).dtype for name in opened.keys()}  # noqa: SIM118
    assert dtypes == {torch.float16}


def test_the_configuration_for_peft_lists_its_layers_in_order(tmp_path):
    """The order of a set would differ from process to process."""
    names = [f"transformer_blocks.{i}.attn.to_{kind}" for i in range(12) for kind in "vkq"]
    weights = {f"{name}.lora_A.weight": torch.zeros(2, 3) for name in names}
    write_peft_config(weights, tmp_path, "base")
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert config["target_modules"] == sorted(names) and config["r"] == 2
