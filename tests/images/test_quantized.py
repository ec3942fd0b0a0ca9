"""Weights in 8 or 4 bits, and images of another size, when a pipeline is opened."""

import importlib.metadata
from pathlib import Path

import pytest

from gamelabel.images import quantized
from gamelabel.images.latents import image_size
from gamelabel.images.pipeline import generate, load_pipeline, weights_hash
from gamelabel.images.quantized import BASE_WEIGHTS, quantization
from gamelabel.tuning.needs import BASE_BYTES
from tests.images.repositories import schnell_repository


def test_weights_of_fewer_bits_need_a_gpu_and_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert quantization("bf16", "cpu") is None
    with pytest.raises(ValueError, match="weights in nf4 need a GPU, and this model is opened for"):
        load_pipeline(device="cpu", weights="nf4")
    with pytest.raises(ValueError, match="no weights 'fp8'; they can be bf16, int8, nf4"):
        quantization("fp8", "cuda")
    monkeypatch.setattr(quantized, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install bitsandbytes"):
        quantization("int8", "cuda")


def test_only_the_transformer_is_quantized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantized, "find_spec", lambda name: name)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.0.0")
    for weights in ("int8", "nf4"):
        config = quantization(weights, "cuda")
        assert config is not None
        assert list(config.quant_mapping) == ["transformer"]
        settings = config.quant_mapping["transformer"].to_dict()
        assert settings["load_in_8bit"] == (weights == "int8")
        assert settings["load_in_4bit"] == (weights == "nf4")
        assert weights == "int8" or settings["bnb_4bit_quant_type"] == "nf4"


def test_the_plan_knows_the_same_weights() -> None:
    assert set(BASE_WEIGHTS) == set(BASE_BYTES)


def test_a_pipeline_draws_images_of_another_size(tmp_path: Path) -> None:
    folder = schnell_repository(tmp_path / "flux", 128)
    own = load_pipeline(folder, device="cpu")
    small = load_pipeline(folder, device="cpu", side=64)
    assert (image_size(own), image_size(small)) == (128, 64)
    (images,) = generate(small, ["a red circle"], [0], steps=1)
    assert images.shape == (1, 64, 64, 3)
    # images and scores that were kept of one size are not taken for the other's
    assert weights_hash(own) != weights_hash(small)
    with pytest.raises(ValueError, match="cannot draw 72 x 72 pixels: give a multiple of 16"):
        load_pipeline(folder, device="cpu", side=72)
