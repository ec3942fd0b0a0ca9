"""The scorers that compare tuned models, on the small BLIP and a small file of ImageReward's."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gamelabel.models.blip_scenes.architecture import make_blip_tokenizer
from gamelabel.reward import BLIP_SCENES, load_imagereward, open_blip
from gamelabel.reward.baselines import match_score
from gamelabel.reward.published_scorers import published_scorers
from tests.reward.test_imagereward_checkpoint import layout

PICTURES = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), np.uint8)
TEXTS = ["a red circle", "two blue squares"]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    torch.save(layout(), tmp_path / "ImageReward.pt")
    return tmp_path / "ImageReward.pt"


def test_blip_matches_and_imagereward_comes_only_with_its_file(checkpoint: Path) -> None:
    blip = open_blip(BLIP_SCENES, device="cpu")
    assert list(published_scorers(BLIP_SCENES, device="cpu")) == ["BLIP"]
    scorers = published_scorers(BLIP_SCENES, checkpoint, device="cpu")
    assert scorers["BLIP"](PICTURES, TEXTS) == pytest.approx(match_score(blip, PICTURES, TEXTS))
    expected = load_imagereward(checkpoint, make_blip_tokenizer()).eval().score(PICTURES, TEXTS)
    assert scorers["ImageReward"](PICTURES, TEXTS) == pytest.approx(expected)


def test_the_hub_is_asked_for_the_published_file(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[tuple[str, str]] = []

    def download(repository: str, file: str) -> str:
        wanted.append((repository, file))
        return str(checkpoint)

    monkeypatch.setitem(published_scorers.__globals__, "hf_hub_download", download)
    scorers = published_scorers(BLIP_SCENES, "hub", device="cpu")
    assert wanted == [("THUDM/ImageReward", "ImageReward.pt")]
    assert np.isfinite(scorers["ImageReward"](PICTURES, TEXTS)).all()


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="download ImageReward"):
        published_scorers(BLIP_SCENES, tmp_path / "ImageReward.pt", device="cpu")
