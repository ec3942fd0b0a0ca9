"""The recipe: its tokenizers and targets, and a quick run from end to end."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import FluxPipeline

from gamelabel.models.flux_scenes import (
    FluxRecipe,
    assemble_repository,
    quick_recipe,
    train_flux_scenes,
    write_flux_card,
)
from gamelabel.models.flux_scenes.flux_stages import STAGES
from gamelabel.models.flux_scenes.text_encoders import FACTS, token_facts
from gamelabel.models.flux_scenes.tokenizers import make_clip_tokenizer, make_t5_tokenizer
from gamelabel.scenes.grammar import all_prompts


def test_every_prompt_is_one_token_a_word_in_both_tokenizers():
    t5, clip = make_t5_tokenizer(), make_clip_tokenizer()
    texts = list(all_prompts())
    words = [len(text.split()) for text in texts]
    assert [len(ids) for ids in t5(texts).input_ids] == [n + 1 for n in words]
    assert [len(ids) for ids in clip(texts).input_ids] == [n + 2 for n in words]
    assert max(words) + 1 <= t5.model_max_length and max(words) + 2 <= clip.model_max_length


def test_tokens_are_asked_about_their_own_thing():
    facts = dict(
        zip(
            ["a", "red", "circle", "left", "of", "a", "blue", "square"],
            token_facts("a red circle left of a blue square"),
            strict=False,
        )
    )
    names = list(FACTS)
    red, blue = (dict(zip(names, facts[word], strict=True)) for word in ("red", "blue"))
    assert (red["colour"], red["other colour"]) == (blue["other colour"], blue["colour"])
    assert (red["shape"], red["other shape"]) == (blue["other shape"], blue["shape"])
    exchanged = token_facts("a blue square right of a red circle")
    assert exchanged[1] == facts["blue"] and exchanged[-1] == facts["blue"]


@pytest.mark.slow
def test_the_whole_recipe_runs_and_makes_a_repository_that_stock_flux_opens(tmp_path):
    recipe = quick_recipe(FluxRecipe())
    train_flux_scenes(recipe, tmp_path, workers=2)
    assert all(
        json.loads((tmp_path / stage / "done").read_text())["seconds"] >= 0 for stage in STAGES
    )
    assemble_repository(tmp_path, "student", tmp_path / "repository")
    result = write_flux_card(recipe, tmp_path, tmp_path / "repository", n_prompts=10)
    assert result == json.loads((tmp_path / "repository/adherence.json").read_text())
    assert "n = 10" in (tmp_path / "repository/README.md").read_text()
    pipe = FluxPipeline.from_pretrained(tmp_path / "repository")
    assert pipe.vae.config.sample_size == 64
    configs = [file.read_text() for file in (tmp_path / "repository").rglob("*.json")]
    assert not any(str(tmp_path) in config for config in configs), (
        "nothing of the machine stays in it"
    )
    size = sum(
        file.stat().st_size for file in (tmp_path / "repository").rglob("*") if file.is_file()
    )
    assert size < 12e6

    before = (tmp_path / "teacher/checkpoint.pt").stat().st_mtime_ns
    (tmp_path / "student/done").unlink()
    train_flux_scenes(recipe, tmp_path, workers=1)  # what is done is left alone
    assert (tmp_path / "teacher/checkpoint.pt").stat().st_mtime_ns == before

    alone = tmp_path / "alone"
    train_flux_scenes(
        replace(recipe, codec=replace(recipe.codec, steps=2)), alone, workers=1, stages=["codec"]
    )
    both = tmp_path / "both"
    train_flux_scenes(
        replace(recipe, codec=replace(recipe.codec, steps=2)), both, workers=2, stages=["codec"]
    )
    one, two = (
        torch.load(p / "codec/checkpoint.pt")["ema"]["shadow_params"] for p in (alone, both)
    )
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(one, two, strict=True))
