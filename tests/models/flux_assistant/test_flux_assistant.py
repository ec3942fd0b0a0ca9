"""The recipe of the shipped assistant, its card, and the command that makes it."""

from dataclasses import asdict

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.images.pipeline import load_pipeline
from gamelabel.models.flux_assistant import ASSISTANT_TRAINING
from gamelabel.models.model_card import format_settings
from gamelabel.tuning.adapter import ADAPTER_FILE, base_hash, load_adapter
from gamelabel.tuning.assistant import FLUX_SCENES_ASSISTANT


def test_the_card_has_the_settings_and_the_base_of_the_shipped_assistant():
    card = (FLUX_SCENES_ASSISTANT.parent / "README.md").read_text()
    assert format_settings(asdict(ASSISTANT_TRAINING)) in card
    assert base_hash(load_pipeline(device="cpu").transformer) in card


@pytest.mark.slow
def test_the_command_makes_an_assistant_of_its_base(tmp_path):
    command = ["world", "train-assistant", "--out", str(tmp_path), "--quick"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "scenes-flux-assistant"
    assert {ADAPTER_FILE, "README.md"} <= {file.name for file in folder.iterdir()}
    assert "base and assistant, 20 steps, guidance 2" in result.stdout
    pipe = load_pipeline(device="cpu")
    assert base_hash(pipe.transformer) in (folder / "README.md").read_text()
    load_adapter(pipe, folder / ADAPTER_FILE)
