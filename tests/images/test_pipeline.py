import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline

from gamelabel.flow import few_step_sigmas, integrate
from gamelabel.images import pipeline as module
from gamelabel.images.latents import decode_latents
from gamelabel.images.pipeline import (
    FLUX_SCENES,
    NotAFluxRepository,
    encode_prompts,
    encoders_on_device,
    generate,
    load_pipeline,
    release_encoders,
    sampling_sigmas,
    starting_noise,
)
from tests.images.repositories import schnell_pipeline, schnell_repository

PROMPTS = [
    "a red circle",
    "two blue stars",
    "a red circle",
    "a green square above a purple circle in the style of a comic book",
]

# What FluxPipeline must be told: its own defaults are those of FLUX.1.
STOCK = {"guidance_scale": 0, "height": 64, "width": 64, "max_sequence_length": 16}


@pytest.fixture(scope="module")
def pipe(repository):
    return load_pipeline(repository, device="cpu")


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
    result = np.concatenate(list(generate(pipe, PROMPTS, seeds, batch_size=3)))
    reference = _one_by_one(stock, PROMPTS, seeds) * 255
    assert result.dtype == np.uint8 and result.shape == (4, 64, 64, 3)
    # Sums in another order may round one value differently.
    assert np.abs(result - reference).max() <= 1.0


@pytest.mark.skipif(not FLUX_SCENES.exists(), reason="the embedded model is not there")
def test_the_embedded_model_draws_as_stock_flux_does():
    stock = FluxPipeline.from_pretrained(FLUX_SCENES)
    stock.set_progress_bar_config(disable=True)
    result = np.concatenate(list(generate(load_pipeline(device="cpu"), PROMPTS, [1, 2, 3, 4])))
    assert np.abs(result - _one_by_one(stock, PROMPTS, [1, 2, 3, 4]) * 255).max() <= 1.0


def test_the_batch_does_not_change_a_picture(pipe):
    alone = np.concatenate(list(generate(pipe, PROMPTS, [1, 2, 3, 4], batch_size=1))).astype(int)
    together = np.concatenate(list(generate(pipe, PROMPTS, [1, 2, 3, 4], batch_size=4))).astype(int)
    assert np.abs(alone - together).max() <= 1


def test_guidance_is_stock_true_cfg(pipe):
    result = next(generate(pipe, ["a red circle"], [3], guidance=2.0)) / 255
    stock = pipe(
        "a red circle",
        negative_prompt="",
        true_cfg_scale=2.0,
        num_inference_steps=4,
        **STOCK,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images
    assert np.abs(result - stock).max() <= 1 / 255


def test_repeated_prompts_are_encoded_once_and_land_in_their_rows(pipe):
    text = encode_prompts(pipe, PROMPTS)
    assert text.embeds.shape == (4, 16, 96) and text.pooled.shape == (4, 96)
    assert torch.equal(text.embeds[0], text.embeds[2]) and not torch.equal(
        text.embeds[0], text.embeds[1]
    )
    assert torch.allclose(encode_prompts(pipe, [PROMPTS[3]]).embeds[0], text.embeds[3], atol=1e-5)


def test_starting_noise_is_what_the_pipeline_starts_from(pipe):
    calls = []

    def look(pipe, step, timestep, tensors):
        calls.append(tensors["latents"])
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
    text = encode_prompts(pipe, ["a red circle"])
    expected = pipe(
        prompt_embeds=text.embeds,
        pooled_prompt_embeds=text.pooled,
        latents=noise,
        num_inference_steps=1,
        sigmas=[1.0],
        **STOCK,
        output_type="latent",
    ).images
    assert torch.allclose(at_once, expected, atol=1e-5) and len(calls) == 1


@pytest.mark.parametrize(("side", "batch"), [(64, 64), (128, 64), (512, 4), (1024, 1)])
def test_larger_pictures_are_drawn_fewer_at_a_time(pipe, monkeypatch, side, batch):
    monkeypatch.setattr(module, "image_size", lambda pipe: side)
    assert module.fit_batch_size(pipe) == batch


def test_a_model_of_schnells_channels_draws_as_stock_flux_does(tmp_path):
    repository = schnell_repository(tmp_path / "flux", side=96)
    stock = FluxPipeline.from_pretrained(repository)
    stock.set_progress_bar_config(disable=True)
    settings = {**STOCK, "height": 96, "width": 96, "num_inference_steps": 4, "output_type": "np"}
    reference = (
        stock(PROMPTS[0], generator=torch.Generator().manual_seed(5), **settings).images * 255
    )
    result = next(generate(load_pipeline(repository, device="cpu"), PROMPTS[:1], [5]))
    assert result.shape == (1, 96, 96, 3) and np.abs(result - reference).max() <= 1.0


def test_a_model_that_embeds_its_guidance_draws_with_the_default_of_stock_flux(tmp_path):
    """FLUX.1-dev: both ways to draw, the pipeline and `integrate`, give stock diffusers' images."""
    repository = schnell_repository(tmp_path / "flux", side=64, guidance_embeds=True)
    stock = FluxPipeline.from_pretrained(repository)
    stock.set_progress_bar_config(disable=True)
    settings = {**STOCK, "num_inference_steps": 4, "output_type": "np"}
    del settings["guidance_scale"]

    def drawn(**guidance):
        generator = torch.Generator().manual_seed(5)
        return stock(PROMPTS[0], generator=generator, **settings, **guidance).images * 255

    pipe = load_pipeline(repository, device="cpu")
    result = next(generate(pipe, PROMPTS[:1], [5]))
    noise, text = starting_noise(pipe, [5]), encode_prompts(pipe, PROMPTS[:1])
    with torch.no_grad():
        latents = integrate(pipe.transformer, noise, text, few_step_sigmas(4))
    assert np.abs(result - drawn()).max() <= 1.0
    assert np.abs(decode_latents(pipe, latents) - drawn()).max() <= 1.0
    assert np.abs(result - drawn(guidance_scale=1.0)).max() > 1.0  # the guidance matters here


DEV_SCHEDULER = {
    "base_image_seq_len": 256,
    "base_shift": 0.5,
    "max_image_seq_len": 4096,
    "max_shift": 1.15,
    "shift": 3.0,
    "use_dynamic_shifting": True,
}


def test_a_model_like_dev_is_drawn_and_tuned_with_its_own_levels_guidance_and_tokens():
    """Both ways to draw give stock diffusers' images, from levels that depend on the size."""
    pipe = schnell_pipeline(side=64, guidance_embeds=True)
    pipe.scheduler = FlowMatchEulerDiscreteScheduler(**DEV_SCHEDULER)
    pipe.set_progress_bar_config(disable=True)
    sigmas = sampling_sigmas(pipe, 4)
    assert sigmas != few_step_sigmas(4) and sigmas[0] == 1.0
    settings = {**STOCK, "num_inference_steps": 4, "output_type": "np"}
    del settings["guidance_scale"]
    generator = torch.Generator().manual_seed(5)
    reference = pipe(PROMPTS[0], generator=generator, **settings).images * 255
    assert np.allclose(pipe.scheduler.sigmas[:-1], sigmas)
    assert np.abs(next(generate(pipe, PROMPTS[:1], [5])) - reference).max() <= 1.0
    noise, text = starting_noise(pipe, [5]), encode_prompts(pipe, PROMPTS[:1])
    with torch.no_grad():
        latents = integrate(pipe.transformer, noise, text, sigmas)
        few_step = integrate(pipe.transformer, noise, text, few_step_sigmas(4))
    assert np.abs(decode_latents(pipe, latents) - reference).max() <= 1.0
    assert np.abs(decode_latents(pipe, few_step) - reference).max() > 1.0  # the shift matters


def test_the_levels_of_dev_at_1024_pixels_have_the_largest_shift():
    """4,096 tokens: mu = 1.15, so a level s becomes e^1.15 / (e^1.15 + 1 / s - 1)."""
    pipe = schnell_pipeline(side=1024, guidance_embeds=True)
    pipe.scheduler = FlowMatchEulerDiscreteScheduler(**DEV_SCHEDULER)
    shift = np.exp(1.15)
    expected = [shift / (shift + 1 / s - 1) for s in few_step_sigmas(28)]
    assert np.allclose(sampling_sigmas(pipe, 28), expected, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_the_levels_of_schnell_are_not_shifted(pipe, steps):
    assert sampling_sigmas(pipe, steps) == few_step_sigmas(steps)


@pytest.mark.parametrize(("guidance_embeds", "tokens"), [(False, 256), (True, 512)])
def test_prompts_have_as_many_tokens_as_the_model_takes(guidance_embeds, tokens):
    pipe = schnell_pipeline(guidance_embeds=guidance_embeds)
    pipe.tokenizer_2.model_max_length = 512  # as both published models have it
    assert module.max_prompt_tokens(pipe) == tokens
    pipe.tokenizer_2.model_max_length = 16
    assert module.max_prompt_tokens(pipe) == 16


def test_a_model_is_known_by_its_weights(repository, pipe):
    assert module.weights_hash(load_pipeline(repository, device="cpu")) == module.weights_hash(pipe)
    other = load_pipeline(repository, device="cpu")
    with torch.no_grad():
        other.vae.decoder.conv_out.bias[0] += 1e-3
    assert module.weights_hash(other) != module.weights_hash(pipe)


def test_prompts_and_seeds_must_match(pipe):
    with pytest.raises(ValueError, match="2 prompts but 1 seeds"):
        next(generate(pipe, ["a red circle", "a blue star"], [1]))


def test_words_outside_the_grammar_are_drawn_too(pipe):
    assert next(generate(pipe, ["a transparent zebra, running"], [1])).shape == (1, 64, 64, 3)


def test_a_folder_that_is_not_a_flux_repository_is_refused(tmp_path):
    with pytest.raises(NotAFluxRepository, match=r"has no model_index\.json"):
        load_pipeline(tmp_path)
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.raises(NotAFluxRepository, match="StableDiffusionPipeline, not a FluxPipeline"):
        load_pipeline(tmp_path)
    with pytest.raises(NotAFluxRepository, match="no such folder"):
        load_pipeline(tmp_path / "nowhere")


def test_a_repository_with_a_missing_part_says_which(repository, tmp_path):
    broken = shutil.copytree(repository, tmp_path / "broken")
    shutil.rmtree(broken / "transformer")
    with pytest.raises(NotAFluxRepository, match="transformer missing"):
        load_pipeline(broken)


@pytest.mark.parametrize("torn", [True, False])
def test_a_repository_with_damaged_or_missing_weights_names_the_file(repository, tmp_path, torn):
    broken = shutil.copytree(repository, tmp_path / "broken")
    weights = broken / "transformer/diffusion_pytorch_model.safetensors"
    content = weights.read_bytes()
    weights.unlink()
    if torn:
        weights.write_bytes(content[:1000])
    with pytest.raises(
        NotAFluxRepository, match=r"broken cannot be opened: copy it again \(.*broken/transformer"
    ):
        load_pipeline(broken)


def test_a_hub_that_does_not_answer_is_one_sentence(monkeypatch):
    def answers_not(*_, **__):
        raise OSError(
            "Cannot load model someone/flux: it is not fully cached locally. Please check the docs"
        )

    monkeypatch.setattr(FluxPipeline, "from_pretrained", answers_not)
    with pytest.raises(
        NotAFluxRepository, match=r"^someone/flux cannot be opened: check the network and the name"
    ):
        load_pipeline("someone/flux")


def test_a_missing_adapter(repository):
    with pytest.raises(FileNotFoundError, match="no adapter at"):
        load_pipeline(repository, adapter="nowhere.safetensors")


class Part:
    """A part of a pipeline that notes where it has been."""

    def __init__(self, device):
        self.device, self.places = torch.device(device), []

    def to(self, device):
        self.device = torch.device(device)
        self.places.append(self.device.type)


def test_text_encoders_are_on_the_card_while_they_encode():
    pipe = SimpleNamespace(
        transformer=Part("cuda"), text_encoder=Part("cpu"), text_encoder_2=Part("cuda")
    )
    with encoders_on_device(pipe):
        assert pipe.text_encoder.device == pipe.text_encoder_2.device == torch.device("cuda")
        with encoders_on_device(pipe):
            pass
        assert pipe.text_encoder.device == torch.device("cuda")
    assert pipe.text_encoder.places == ["cuda", "cpu"]
    assert pipe.text_encoder_2.places == [], "it stays where it was"
    release_encoders(pipe)
    assert pipe.text_encoder_2.places == ["cpu"]


def test_text_encoders_stay_beside_a_model_on_a_processor():
    pipe = SimpleNamespace(transformer=Part("cpu"), text_encoder=Part("cpu"), text_encoder_2=None)
    with encoders_on_device(pipe):
        release_encoders(pipe)
    assert pipe.text_encoder.places == []
