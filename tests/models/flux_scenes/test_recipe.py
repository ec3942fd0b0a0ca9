"""The recipe: its tokenizers and targets, and a quick run from end to end."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import FluxPipeline
from torch.nn.functional import one_hot

from gamelabel.data_parallel import Worker
from gamelabel.models.flux_scenes import (
    FluxRecipe,
    assemble_repository,
    flux_stages,
    quick_recipe,
    train_flux_scenes,
    write_flux_card,
)
from gamelabel.models.flux_scenes.flux_stages import STAGES
from gamelabel.models.flux_scenes.latent_chunks import load_chunks
from gamelabel.models.flux_scenes.text_encoders import FACTS, text_loss, token_facts
from gamelabel.models.flux_scenes.tokenizers import make_clip_tokenizer, make_t5_tokenizer
from gamelabel.scenes.grammar import all_prompts
from gamelabel.training import TrainingStep


def test_every_prompt_is_one_token_a_word_in_both_tokenizers():
    t5, clip = make_t5_tokenizer(), make_clip_tokenizer()
    texts = list(all_prompts())
    words = [len(text.split()) for text in texts]
    assert [len(ids) for ids in t5(texts).input_ids] == [n + 1 for n in words]
    assert [len(ids) for ids in clip(texts).input_ids] == [n + 2 for n in words]
    assert max(words) + 1 <= t5.model_max_length and max(words) + 2 <= clip.model_max_length


def test_tokens_have_the_facts_as_seen_from_their_object():
    words = ["a", "red", "circle", "left", "of", "a", "blue", "square"]
    rows = token_facts("a red circle left of a blue square")
    facts = {
        word: dict(zip(FACTS, row, strict=True)) for word, row in zip(words, rows, strict=False)
    }
    red, blue = facts["red"], facts["blue"]
    assert (red["colour"], red["other colour"]) == (blue["other colour"], blue["colour"])
    assert (red["shape"], red["other shape"]) == (blue["other shape"], blue["shape"])
    assert red["relation"] != blue["relation"]
    exchanged = token_facts("a blue square right of a red circle")
    assert exchanged[1] == list(blue.values()) == exchanged[-1]
    assert exchanged[6] == list(red.values())


class KnowingEncoders:
    """Text encoders whose heads give the right facts: of each token, and of the first object."""

    def tokenize(self, texts):
        self.facts = torch.tensor([token_facts(text) for text in texts])
        return self.facts, self.facts

    def __call__(self, t5_ids, clip_ids):
        return t5_ids, clip_ids[:, 0]

    def t5_head(self, facts):
        logits = [one_hot(facts[..., i], n) for i, n in enumerate(FACTS.values())]
        return 100.0 * torch.cat(logits, -1).float()

    clip_head = t5_head


def test_the_text_loss_is_zero_for_the_right_facts_and_only_for_them():
    loss, step = text_loss(KnowingEncoders(), 64), TrainingStep(0, torch.Generator().manual_seed(0))
    assert loss(step)[0].item() == pytest.approx(0.0, abs=1e-6)
    wrong = KnowingEncoders()
    wrong.clip_head = lambda facts: wrong.t5_head((facts + 1) % torch.tensor(list(FACTS.values())))
    value = text_loss(wrong, 64)(step)[0].item()
    assert value == pytest.approx(50.0, abs=1e-3), "half of the losses are 100"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The recipe at four steps a stage, by two workers, with its repository and card."""
    folder, recipe = tmp_path_factory.mktemp("recipe"), quick_recipe(FluxRecipe())
    train_flux_scenes(recipe, folder, workers=2)
    assemble_repository(folder, "student", folder / "repository")
    result = write_flux_card(recipe, folder, folder / "repository", n_prompts=10)
    return recipe, folder, result


@pytest.mark.full
def test_every_stage_is_done_and_stock_flux_opens_the_repository(trained):
    _, folder, _ = trained
    for stage in STAGES:
        assert json.loads((folder / stage / "done").read_text())["seconds"] >= 0
    pipe = FluxPipeline.from_pretrained(folder / "repository")
    assert pipe.vae.config.sample_size == 64
    configs = [file.read_text() for file in (folder / "repository").rglob("*.json")]
    assert not any(str(folder) in config for config in configs), "no path of this machine"
    files = [file for file in (folder / "repository").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 12e6


@pytest.mark.full
def test_the_card_is_filled_in(trained):
    _, folder, result = trained
    assert result == json.loads((folder / "repository/adherence.json").read_text())
    card = (folder / "repository/README.md").read_text()
    assert "n = 10" in card and "{{" not in card
    assert "| teacher | steps 4, batch size 8, learning rate 0.0012," in card
    assert "| distillation set | images 16, steps 8, guidance 2.0, filtered False |" in card
    assert (folder / "repository/curves.png").exists()


@pytest.mark.full
def test_images_that_do_not_fit_are_not_distilled(trained, tmp_path, monkeypatch):
    recipe, folder, _ = trained
    for part in ("codec", "text", "refined"):
        (tmp_path / part).symlink_to(folder / part)
    every_other = lambda images, prompts: (np.arange(len(images)) % 2 == 0, None)  # noqa: E731
    monkeypatch.setattr(flux_stages, "adherence", every_other)
    filtered = replace(recipe, distillation_filtered=True)
    flux_stages.draw_distillation_set(filtered, tmp_path, Worker())
    latents = load_chunks(tmp_path / "distillation_set", 16)
    assert latents.isnan().all(2).all(1).tolist() == [False, True] * 8
    assert not latents[::2].isnan().any()
    kept = []
    monkeypatch.setattr(flux_stages, "student_loss", lambda *args: kept.extend(args[1:4]))
    monkeypatch.setattr(flux_stages, "train", lambda *args, **kwargs: None)
    flux_stages.train_student(filtered, tmp_path, Worker())
    assert [len(rows) for rows in kept] == [8, 8, 8]


@pytest.mark.full
def test_a_stage_that_is_done_is_not_run_again(trained):
    recipe, folder, _ = trained
    before = (folder / "teacher/checkpoint.pt").stat().st_mtime_ns
    (folder / "student/done").unlink()
    train_flux_scenes(recipe, folder, workers=1)
    assert (folder / "teacher/checkpoint.pt").stat().st_mtime_ns == before
    assert (folder / "student/done").exists()


@pytest.mark.full
def test_the_number_of_workers_does_not_change_the_weights(trained, tmp_path):
    recipe, _, _ = trained
    short = replace(recipe, codec=replace(recipe.codec, steps=2))
    weights = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        train_flux_scenes(short, folder, workers, stages=["codec"])
        weights.append(torch.load(folder / "codec/checkpoint.pt")["ema"]["shadow_params"])
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(*weights, strict=True))
