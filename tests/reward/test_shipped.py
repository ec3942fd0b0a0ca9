"""The embedded BLIP that ships with the project, and the command that makes it."""

import numpy as np
import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.models.blip_scenes.blip_card import _drawn, _told
from gamelabel.models.blip_scenes.matches import draw_matches
from gamelabel.models.blip_scenes.pretraining import RECIPE
from gamelabel.reward import EMBEDDED, match_score, open_blip


def test_it_is_small_and_its_card_says_how_it_was_made():
    assert sum(path.stat().st_size for path in EMBEDDED.iterdir()) < 8 * 2**20
    card = (EMBEDDED / "README.md").read_text()
    assert f"steps {RECIPE.steps}, batch {RECIPE.batch_size}, rate {RECIPE.learning_rate}" in card
    assert "Known failures" in card and "/tmp" not in (EMBEDDED / "config.json").read_text()


def test_it_tells_a_scene_from_one_with_another_fact():
    model, data = open_blip(), draw_matches(200, seed=12_345)  # the recipe draws with other seeds
    kept = data.fits_own & ~data.fits_other
    pictures = list(data.pictures[kept])
    own, other = (
        match_score(model, pictures, np.array(texts)[kept].tolist())
        for texts in (data.own, data.other)
    )
    assert (own > other).mean() > 0.8  # measured .86


@pytest.mark.full
def test_it_reads_pictures_of_the_model_as_its_card_says():
    pictures, texts, fits = _drawn(60)
    area = _told(match_score(open_blip(), list(pictures), texts), texts, fits)[
        "area under the curve"
    ]
    (line,) = [
        line for line in (EMBEDDED / "README.md").read_text().splitlines() if "match, area" in line
    ]
    assert area == pytest.approx(
        float(line.split("|")[2]), abs=0.08
    )  # of 480 pictures, two standard errors


@pytest.mark.full
def test_the_command_makes_one_and_goes_on_where_it_was(tmp_path):
    command = ["world", "train-reader", "--out", str(tmp_path), "--quick"]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0 and "match, area under the curve" in first.stdout
    weights = (tmp_path / "scenes-blip/model.safetensors").read_bytes()
    log = (tmp_path / "training/log.jsonl").read_text()
    again = CliRunner().invoke(app, command)
    assert (
        again.exit_code == 0 and (tmp_path / "training/log.jsonl").read_text() == log
    )  # nothing is left to do
    assert (tmp_path / "scenes-blip/model.safetensors").read_bytes() == weights
    assert open_blip(tmp_path / "scenes-blip").side == 64


def test_its_help_says_what_it_is_for():
    said = CliRunner().invoke(app, ["world", "train-reader", "--help"]).stdout
    assert "drawn scenes alone" in said and "--out" in said and "07_reward_model" in said
