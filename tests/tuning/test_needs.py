import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import FluxTransformer2DModel

from gamelabel.images.pipeline import FLUX_SCENES, NotAFluxRepository
from gamelabel.reward.reward_folder import BLIP_SCENES
from gamelabel.tuning import needs as module
from gamelabel.tuning.needs import (
    KINDS,
    Setting,
    encoder_weights,
    needs,
    read_configuration,
    transformer_weights,
)
from tests.images.repositories import schnell_repository

SCHNELL = "black-forest-labs/FLUX.1-schnell"
BLIP_LARGE = "Salesforce/blip-itm-large-coco"


def test_the_published_model_has_its_published_size() -> None:
    assert transformer_weights(SCHNELL) == 11_891_178_560
    # T5 v1.1 XXL's encoder and CLIP ViT-L/14's text model
    assert encoder_weights(SCHNELL) == 4_762_310_656 + 123_060_480


def test_the_shipped_configuration_is_the_libraries_default() -> None:
    with torch.device("meta"):
        default = FluxTransformer2DModel(guidance_embeds=False).config
    shipped = read_configuration(SCHNELL)["transformer"]
    assert {name: list_or(default[name]) for name in shipped} == shipped


def list_or(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_of_the_embedded_model(kind: str) -> None:
    setting = Setting(batch=2, rank=4, on_card=False)
    need = needs(kind, FLUX_SCENES, setting, BLIP_SCENES)
    larger = needs(kind, FLUX_SCENES, replace(setting, batch=4), BLIP_SCENES)
    assert min(need) > 0
    assert larger.weights == need.weights
    assert 1.5 < larger.flops / need.flops <= 2.01
    assert need.working < larger.working <= 2 * need.working


@pytest.mark.parametrize("kind", ["draw", "sft", "dpo", "refl"])
def test_the_line_through_small_models_meets_the_whole(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = Setting(batch=2, rank=4, on_card=kind == "sft")
    monkeypatch.setattr(module, "_FEW_BLOCKS", 0)
    need = needs(kind, FLUX_SCENES, setting, BLIP_SCENES)
    monkeypatch.setattr(module, "extrapolate", lambda measure, *blocks: measure(*blocks))
    whole = needs(kind, FLUX_SCENES, setting, BLIP_SCENES)
    assert need.weights == whole.weights
    assert need.flops == whole.flops
    assert need.working == pytest.approx(whole.working, rel=0.02)


def test_a_step_at_full_size_fits_a_card_without_the_text_encoders() -> None:
    sft = needs("sft", SCHNELL, Setting())
    with_encoders = needs("sft", SCHNELL, Setting(encoders=True))
    assert with_encoders.weights - sft.weights == pytest.approx(9.77e9, rel=0.01)
    # 23.8 GB of the transformer, 5 x 1.37 of the adapter, .2 of the autoencoder
    assert sft.weights == pytest.approx(30.8e9, rel=0.01)
    assert sft.peak < 34e9 < with_encoders.peak
    quarter = needs("sft", SCHNELL, Setting(base="nf4"))
    assert sft.weights - quarter.weights == pytest.approx(11.89e9 * (2 - 0.5625), rel=0.01)


def test_fewer_pixels_and_a_lower_rank_need_less() -> None:
    full = needs("sft", SCHNELL, Setting())
    assert needs("sft", SCHNELL, Setting(side=512)).working < 0.5 * full.working
    assert needs("sft", SCHNELL, Setting(rank=16)).weights < full.weights


def test_an_unknown_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotAFluxRepository, match="is not known: give the folder"):
        read_configuration(tmp_path)


@pytest.mark.parametrize(("guidance_embeds", "tokens"), [(False, 256), (True, 512)])
def test_a_prompt_has_as_many_tokens_as_the_model_takes(
    tmp_path: Path, guidance_embeds: bool, tokens: int
) -> None:
    folder = schnell_repository(tmp_path / "flux", guidance_embeds=guidance_embeds)
    file = folder / "tokenizer_2" / "tokenizer_config.json"
    settings = json.loads(file.read_text()) | {"model_max_length": 512}
    file.write_text(json.dumps(settings))
    assert read_configuration(folder)["tokens"] == tokens
