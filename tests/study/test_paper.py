"""The `paper` profile on a small FLUX repository and a file in the released format; no network.

Only `model` and `labels_file` name local files instead of the hub's; the other overrides are sizes.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from gamelabel.images.pipeline import load_pipeline
from gamelabel.report.write import write_report
from gamelabel.study.profiles import read_profile
from gamelabel.study.runner import run_study
from gamelabel.study.steps import Study
from gamelabel.tables import read_table
from tests.images.repositories import schnell_repository
from tests.readers.release import HEADER, cell, rows, write
from tests.reward.test_imagereward_checkpoint import layout
from tests.study.real import ROOT, real_study

SIZES = {"n_prompts": 400, "points": 6, "comparisons": 4, "replicates": 20, "n_judges": 20}
SIZES |= {"rank": 4, "train_steps": 3, "test_prompts": 4, "reward_steps": 2, "reward_batch": 2}
SIZES |= {"ranked_prompts": 4, "scored_prompts": 4, "rounds": 2, "cell_minutes": 20}
LOCAL = {"blip": ROOT / "data/models/scenes-blip", "download": "false"}
LOCAL |= {"assistant": ""}  # none is made for the small repository
SIDE = 128


def test_its_sizes_are_the_papers() -> None:
    got = read_profile(Study(ROOT, "paper")).steps
    assert (
        got["02_images"]["model"] == got["05_tuning"]["model"] == "black-forest-labs/FLUX.1-schnell"
    )
    # the released labels bring their own images: these are only looked at
    assert (got["02_images"]["points"], got["02_images"]["steps"], got["05_tuning"]["steps"]) == (
        40,
        4,
        4,
    )
    assert (got["03_labels"]["label_source"], got["03_labels"]["labels_file"]) == (
        "gamelabel10k",
        "hub",
    )
    assert (got["05_tuning"]["rank"], got["05_tuning"]["train_steps"]) == (64, 11250)


def released(path: Path) -> Path:
    """Twelve points of the model's size, one of them spoiled."""
    table = rows(12)
    for k, row in enumerate(table):
        for column in (3, 5):
            pixels = np.random.default_rng(8 * k + column).integers(
                0, 256, (SIDE, SIDE, 3), np.uint8
            )
            Image.fromarray(pixels).save(path.parent / "a.jpg", quality=60)
            row[column] = cell((path.parent / "a.jpg").read_bytes())
    table[3][3] = "b'%%%'"
    return write(path, table, HEADER)


@pytest.mark.full
def test_the_whole_profile_on_a_small_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model = schnell_repository(tmp_path / "flux", SIDE)
    study = real_study(tmp_path / "study", (ROOT / "notebooks/profiles/paper.yaml").read_text())
    torch.save(layout(), tmp_path / "ImageReward.pt")
    values = {**SIZES, **LOCAL, "model": model, "labels_file": released(tmp_path / "data.csv")}
    values["imagereward"] = tmp_path / "ImageReward.pt"
    result = run_study(
        study, [f"{name}={value}" for name, value in values.items()], chapter="pairs"
    )
    write_report(result)
    assert {result.status[name] for name in study.select("pairs")} == {"done"}

    pairs = read_table(study.run_dir, "pairs")
    with Image.open(study.run_dir / pairs.image_a[0]) as picture:
        assert picture.size == (SIDE, SIDE)
    labels = read_table(study.run_dir, "labels")
    assert set(labels.source) == {"own"} and labels.player_id.isna().all()

    adapters = sorted((study.run_dir / "adapters").glob("*/*.safetensors"))
    assert [path.parent.name for path in adapters] == [
        "published_control-0",
        "published_preferred-0",
    ]
    assert load_file(adapters[1])
    load_pipeline(model, device="cpu", adapter=adapters[1])

    metrics = json.loads((study.report_dir / "metrics.json").read_text())
    assert (
        metrics["labels_points"]["value"] == labels.pair_id.nunique() == 10
        and metrics["tuning_adherence_preferred"]["n"] == 4
    )
    # one prompt of the labels is held out, and no judge of shapes reads it
    win = metrics["tuning_win_imagereward_published_preferred_over_base"]
    assert win["n"] == 1 and metrics["tuning_world_prompts"]["value"] == 0
    claims = pd.DataFrame(json.loads((study.report_dir / "claims.json").read_text())).set_index(
        "id"
    )
    # twelve rows in the release's layout are not the release
    assert claims.verdict["data_points"].endswith("unless judge_own is true")
    assert claims.verdict["adherence_improves"] == claims.verdict["data_points"]
    of_people = claims[claims.label_source == "own"].verdict
    assert len(of_people) > 5 and of_people.str.startswith(("not testable", "set")).all()
    assert "SIMULATED" not in (study.report_dir / "tables" / "claims.csv").read_text()
