"""The embedded BLIP that ships with the project, its card, and the command that makes it."""

from dataclasses import asdict

import numpy as np
import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.models.blip_scenes.blip_card import discrimination, sample_test_images
from gamelabel.models.blip_scenes.matching_data import draw_matching_data
from gamelabel.models.blip_scenes.pretraining import BLIP_TRAINING
from gamelabel.models.model_card import format_settings
from gamelabel.reward import BLIP_SCENES, open_blip
from gamelabel.reward.baselines import match_score


def test_it_is_small_and_its_card_has_the_settings_of_its_training():
    assert sum(path.stat().st_size for path in BLIP_SCENES.iterdir()) < 8 * 2**20
    card = (BLIP_SCENES / "README.md").read_text()
    names = ("steps", "batch_size", "learning_rate", "decay_start", "warmup_steps", "ema_decay")
    settings = {name: asdict(BLIP_TRAINING)[name] for name in names}
    assert format_settings(settings) in card
    assert "Known failures" in card and "/tmp" not in (BLIP_SCENES / "config.json").read_text()


def test_it_distinguishes_a_prompt_from_one_with_another_fact():
    model, data = open_blip(), draw_matching_data(200, seed=12_345)  # not a seed of the recipe
    kept = data.fits_prompt & ~data.fits_other
    images = list(data.images[kept])
    own = match_score(model, images, np.array(data.prompts)[kept].tolist())
    other = match_score(model, images, np.array(data.other_prompts)[kept].tolist())
    assert (own > other).mean() > 0.8  # measured .86


def test_discrimination_by_hand():
    scores = np.array([3.0, 1.0, 2.0, 0.0, 4.0])
    fits = np.array([True, False, False, True, True])
    metrics = discrimination("match", scores, ["p", "p", "q", "q", "q"], fits)
    assert metrics == {  # of three positive and two negative images, of three pairs
        "match, area under the curve": pytest.approx(4 / 6),
        "match, accuracy on pairs of which one fits": pytest.approx(2 / 3),
    }


@pytest.mark.full
def test_it_scores_images_of_the_embedded_flux_as_its_card_says():
    images, prompts, fits = sample_test_images(60)
    scores = match_score(open_blip(), list(images), prompts)
    area = discrimination("match", scores, prompts, fits)["match, area under the curve"]
    lines = (BLIP_SCENES / "README.md").read_text().splitlines()
    (line,) = [line for line in lines if "match, area" in line]
    # of 480 images: two standard errors
    assert area == pytest.approx(float(line.split("|")[2]), abs=0.08)


@pytest.mark.full
def test_the_command_makes_one_and_resumes(tmp_path):
    command = ["world", "train-reader", "--out", str(tmp_path), "--quick"]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0 and "match, area under the curve" in first.stdout
    weights = (tmp_path / "scenes-blip/model.safetensors").read_bytes()
    log = (tmp_path / "training/log.jsonl").read_text()
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 0
    assert (tmp_path / "training/log.jsonl").read_text() == log  # nothing is left to do
    assert (tmp_path / "scenes-blip/model.safetensors").read_bytes() == weights
    assert open_blip(tmp_path / "scenes-blip").image_size == 64


def test_its_help_says_what_it_is_for():
    text = CliRunner().invoke(app, ["world", "train-reader", "--help"]).stdout
    assert "drawn scenes alone" in text and "--out" in text and "preferences" in text
