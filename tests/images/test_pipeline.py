import shutil

import numpy as np
import pytest
import torch
from diffusers import FluxPipeline

from gamelabel.images import pipeline as module
from gamelabel.images.pipeline import (
    EMBEDDED,
    NotAFluxRepository,
    encode,
    generate,
    load,
    starting_noise,
)
from tests.images.repositories import schnell_repository, untrained_repository

PROMPTS = [
    "a red circle",
    "two blue stars",
    "a red circle",
    "a green square above a purple circle in the style of a comic book",
]

# What FluxPipeline must be told: its own defaults are those of FLUX.1.
STOCK = {"guidance_scale": 0, "height": 64, "width": 64, "max_sequence_length": 16}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return untrained_repository(tmp_path_factory.mktemp("flux"))


@pytest.fixture(scope="module")
def pipe(repository):
    return load(repository, device="cpu")


def _one_by_one(pipe, prompts, seeds, steps=4):
    """The plain loop that a user of diffusers writes."""
    settings = {**STOCK, "output_type": "np"}
    return np.stack(
        [
            pipe(
                p, num_inference_steps=steps, generator=torch.Generator().manual_seed(s), **settings
            ).images[0]
            for p, s in zip(prompts, seeds, strict=True)
        ]
    )


def test_a_seed_draws_the_same_picture_as_stock_flux_one_by_one(repository, pipe):
    stock = FluxPipeline.from_pretrained(repository)
    stock.set_progress_bar_config(disable=True)
    seeds = [5, 6, 7, 8]
    ours = np.concatenate(list(generate(pipe, PROMPTS, seeds, batch=3)))
    theirs = _one_by_one(stock, PROMPTS, seeds) * 255
    assert ours.dtype == np.uint8 and ours.shape == (4, 64, 64, 3)
    assert np.abs(ours - theirs).max() <= 1.0  # float sums in another order may turn one rounding


@pytest.mark.skipif(not EMBEDDED.exists(), reason="the embedded model is not there")
def test_the_embedded_model_draws_as_stock_flux_does():
    stock = FluxPipeline.from_pretrained(EMBEDDED)
    stock.set_progress_bar_config(disable=True)
    ours = np.concatenate(list(generate(load(device="cpu"), PROMPTS, [1, 2, 3, 4])))
    assert np.abs(ours - _one_by_one(stock, PROMPTS, [1, 2, 3, 4]) * 255).max() <= 1.0


def test_the_batch_does_not_change_a_picture(pipe):
    alone = np.concatenate(list(generate(pipe, PROMPTS, [1, 2, 3, 4], batch=1))).astype(int)
    together = np.concatenate(list(generate(pipe, PROMPTS, [1, 2, 3, 4], batch=4))).astype(int)
    assert np.abs(alone - together).max() <= 1


def test_guidance_is_stock_true_cfg(pipe):
    ours = next(generate(pipe, ["a red circle"], [3], guidance=2.0)) / 255
    stock = pipe(
        "a red circle",
        negative_prompt="",
        true_cfg_scale=2.0,
        num_inference_steps=4,
        **STOCK,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images
    assert np.abs(ours - stock).max() <= 1 / 255


def test_repeated_prompts_are_encoded_once_and_land_in_their_rows(pipe):
    text = encode(pipe, PROMPTS)
    assert text.embeds.shape == (4, 16, 96) and text.pooled.shape == (4, 96)
    assert torch.equal(text.embeds[0], text.embeds[2]) and not torch.equal(
        text.embeds[0], text.embeds[1]
    )
    assert torch.allclose(encode(pipe, [PROMPTS[3]]).embeds[0], text.embeds[3], atol=1e-5)


def test_starting_noise_is_what_the_pipeline_starts_from(pipe):
    seen = []

    def look(pipe, step, timestep, tensors):
        seen.append(tensors["latents"])
        return tensors

    noise = starting_noise(pipe, [11])
    at_once = pipe(
        "a red circle",
        num_inference_steps=1,
        sigmas=[1.0],
        **STOCK,
        generator=torch.Generator().manual_seed(11),
        output_type="latent",
        callback_on_step_end=look,
    ).images
    text = encode(pipe, ["a red circle"])
    given = pipe(
        prompt_embeds=text.embeds,
        pooled_prompt_embeds=text.pooled,
        latents=noise,
        num_inference_steps=1,
        sigmas=[1.0],
        **STOCK,
        output_type="latent",
    ).images
    assert torch.allclose(at_once, given, atol=1e-5) and len(seen) == 1


@pytest.mark.parametrize(("side", "batch"), [(64, 64), (128, 64), (512, 4), (1024, 1)])
def test_larger_pictures_are_drawn_fewer_at_a_time(pipe, monkeypatch, side, batch):
    monkeypatch.setattr(module, "side_of", lambda pipe: side)
    assert module.batch_of(pipe) == batch


def test_a_model_of_schnells_channels_draws_as_stock_flux_does(tmp_path):
    repository = schnell_repository(tmp_path / "flux", side=96)
    stock = FluxPipeline.from_pretrained(repository)
    stock.set_progress_bar_config(disable=True)
    settings = {**STOCK, "height": 96, "width": 96, "num_inference_steps": 4, "output_type": "np"}
    theirs = stock(PROMPTS[0], generator=torch.Generator().manual_seed(5), **settings).images * 255
    ours = next(generate(load(repository, device="cpu"), PROMPTS[:1], [5]))
    assert ours.shape == (1, 96, 96, 3) and np.abs(ours - theirs).max() <= 1.0


def test_a_model_is_known_by_its_weights(repository, pipe):
    assert module.identity(load(repository, device="cpu")) == module.identity(pipe)
    other = load(repository, device="cpu")
    with torch.no_grad():
        other.vae.decoder.conv_out.bias[0] += 1e-3
    assert module.identity(other) != module.identity(pipe)


def test_prompts_and_seeds_must_match(pipe):
    with pytest.raises(ValueError, match="2 prompts but 1 seeds"):
        next(generate(pipe, ["a red circle", "a blue star"], [1]))


def test_a_word_that_no_prompt_has_is_drawn_all_the_same(pipe):
    assert next(generate(pipe, ["a transparent zebra, running"], [1])).shape == (1, 64, 64, 3)


def test_a_folder_that_is_no_flux_repository(tmp_path):
    with pytest.raises(NotAFluxRepository, match=r"has no model_index\.json"):
        load(tmp_path)
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.raises(NotAFluxRepository, match="StableDiffusionPipeline, not of a FluxPipeline"):
        load(tmp_path)
    with pytest.raises(NotAFluxRepository, match="no such folder"):
        load(tmp_path / "nowhere")


def test_a_repository_with_a_missing_part_says_which(repository, tmp_path):
    broken = shutil.copytree(repository, tmp_path / "broken")
    shutil.rmtree(broken / "transformer")
    with pytest.raises(NotAFluxRepository, match="transformer missing"):
        load(broken)


@pytest.mark.parametrize("torn", [True, False])
def test_a_repository_whose_weights_are_torn_or_gone_names_the_file(repository, tmp_path, torn):
    broken = shutil.copytree(repository, tmp_path / "broken")
    weights = broken / "transformer/diffusion_pytorch_model.safetensors"
    content = weights.read_bytes()
    weights.unlink()
    if torn:
        weights.write_bytes(content[:1000])
    with pytest.raises(
        NotAFluxRepository, match=r"broken cannot be opened: copy it anew \(.*broken/transformer"
    ):
        load(broken)


def test_a_hub_that_does_not_answer_is_one_sentence(monkeypatch):
    def answers_not(*_, **__):
        raise OSError(
            "Cannot load model someone/flux: the model is not fully cached locally. Please check out the docs"
        )

    monkeypatch.setattr(FluxPipeline, "from_pretrained", answers_not)
    with pytest.raises(
        NotAFluxRepository, match=r"^someone/flux cannot be opened: check the network and the name"
    ):
        load("someone/flux")


def test_a_missing_adapter(repository):
    with pytest.raises(FileNotFoundError, match="no adapter at"):
        load(repository, adapter="nowhere.safetensors")
