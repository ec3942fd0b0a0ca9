"""Notebook 10, on the tables and the recorded numbers of a toy run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gamelabel.study.claims import count_by_paper, load_claims
from gamelabel.study.steps import STEPS
from gamelabel.study.verdicts import judge
from gamelabel.tables import write_table
from tests.study.conftest import ROOT, NotebookRun, RunNotebook

FIGURES = next(step for step in STEPS if step.name == "10_figures")

CLAIMS = ROOT / "data/claims"
NUMBERS = {
    "01_prompts": {
        "prompts_total": 2000,
        "prompts_published_lowest_share_kept_substring": (0.57, 0.56, 0.58),
    },
    "03_labels": {
        "labels_kept": 9800,
        "labels_players": 188,
        "labels_per_player_mean": 89.2,
        "labels_busiest": 1700,
    },
    "04_reliability": {
        "reliability_accuracy_mean": (0.736, 0.71, 0.76),
        "reliability_accuracy_weighted": (0.82, 0.8, 0.84),
    },
    "05_tuning": {
        "tuning_samples": 16000,
        "tuning_world_prompts": 1000,
        "tuning_adherence_change": (0.04, 0.01, 0.07),
        "tuning_quality_change_preferred": (-3.0, -5.0, 1.0),
    },
}


def prepare(folder: Path, source: str, players: int = 40) -> None:
    """Write the tables of a toy run, with pictures of one color; one picture is missing."""
    rng = np.random.default_rng(0)
    pairs = pd.DataFrame({"pair_id": [f"x{i}" for i in range(30)]}).assign(
        prompt_id="p",
        prompt="a toy prompt for a test",
        kind=["preference"] * 24 + ["comparison"] * 6,
        seed_a=1,
        seed_b=2,
        model="toy",
        gold=[None] * 24 + ["a"] * 6,
    )
    for side in "ab":
        pairs[f"image_{side}"] = [f"images/{i}{side}.png" for i in range(30)]
    (folder / "run/images").mkdir(parents=True)
    for file in [*pairs.image_a, *pairs.image_b][1:]:
        Image.new("RGB", (32, 32), tuple(rng.integers(0, 256, 3).tolist())).save(
            folder / "run" / file
        )
    write_table(pairs, folder / "run", "pairs")
    labels = pd.DataFrame(
        {"pair_id": rng.choice(pairs.pair_id, 300), "choice": rng.choice(["a", "b"], 300)}
    )
    names = [f"u{i}" for i in range(players)] or [None]
    labels = labels.assign(
        label_id=[f"l{i}" for i in range(300)],
        batch_id=None,
        shown_left="a",
        source=source,
        player_id=rng.choice(names, 300),
    )
    write_table(labels.assign(response_ms=None, created_at=None), folder / "run", "labels")
    counts = np.ceil(rng.lognormal(3.9, 1.4, players)).astype(int)
    known = 1 + counts // 3
    right = (
        rng.binomial(known, np.clip(rng.normal(0.78, 0.15, players), 0, 1)) if players else known
    )
    table = pd.DataFrame(
        {"player_id": [f"u{i}" for i in range(players)], "game_id": "toy", "labels": counts + 1}
    )
    table = table.assign(
        state=np.where(right < 0.6 * known, "removed", "active"), comparisons_right=right
    )
    write_table(table.assign(comparisons_wrong=known - right), folder / "run", "players")


def entries(source: str, *steps: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Return recorded numbers of steps, as a run records them: step -> name -> entry."""
    parts = ("value", "low", "high")
    recorded: dict[str, dict[str, dict[str, Any]]] = {}
    for step in steps:
        recorded[step] = {}
        for name, number in NUMBERS[step].items():
            values = number if isinstance(number, tuple) else (number, None, None)
            entry = dict(zip(parts, values, strict=True))
            recorded[step][name] = {**entry, "source": source, "cell": 3}
    return recorded


def record(folder: Path, source: str, *steps: str) -> None:
    (folder / "run/records").mkdir(parents=True, exist_ok=True)
    for step, metrics in entries(source, *steps).items():
        text = json.dumps({"metrics": metrics})
        (folder / f"run/records/{step}.json").write_text(text)


def check_counts(run: NotebookRun, expected: dict[str, dict[str, int]]) -> None:
    """Check the recorded counts of verdicts, by paper."""
    names = {"GameLabel-10K": "claims_gamelabel_10k", "ImageReward": "claims_imagereward"}
    counts = {"claims_total": 64}
    for paper, of_paper in expected.items():
        for verdict, n in of_paper.items():
            counts[f"{names[paper]}_{verdict.removesuffix(' here').replace(' ', '_')}"] = n
    assert {name: entry["value"] for name, entry in run.metrics.items()} == counts


@pytest.mark.slow
def test_over_simulated_labels(tmp_path: Path, run_notebook: RunNotebook) -> None:
    prepare(tmp_path, "simulated")
    record(tmp_path, "simulated", *NUMBERS)
    run = run_notebook("10_figures", claims_path=str(CLAIMS))
    claims = load_claims(CLAIMS, {"pairs"})
    metrics = {
        name: {**entry, "notebook": step}
        for step, numbers in entries("simulated", *NUMBERS).items()
        for name, entry in numbers.items()
    }
    check_counts(run, count_by_paper(judge(claims, metrics)))
    figures = {"paper_examples", "paper_players", "claims_values", "claims_directions"}
    assert set(run.figures) == figures
    assert all(entry["simulated"] for entry in run.figures.values())
    table = pd.read_csv(tmp_path / "report/tables/claims.csv")
    assert list(table.id) == [claim["id"] for claim in claims]
    assert set(table.pop("label_source")) == {"SIMULATED"}
    later = "07_reward_model, 08_pairwise_losses, 09_rewards_and_rounds, 16_annotation"
    missing = f"02_images, {later}"
    assert f"Run first: {missing}." in run.output
    assert "300 labels by 40 named players (simulated)" in run.output
    assert "no step of this run measured our number" in " ".join(table.verdict)
    assert table.set_index("id").verdict[["players", "accuracy_mean"]].tolist() == ["set", "set"]
    assert table.paper.value_counts().to_dict() == {"GameLabel-10K": 40, "ImageReward": 24}


@pytest.mark.slow
def test_over_released_labels_without_players_or_later_steps(
    tmp_path: Path, run_notebook: RunNotebook
) -> None:
    prepare(tmp_path, "released", players=0)
    record(tmp_path, "released", "03_labels")
    run = run_notebook("10_figures", claims_path=str(CLAIMS))
    assert set(run.figures) == {"paper_examples", "claims_values"}
    counts = {name.removeprefix("claims_"): entry["value"] for name, entry in run.metrics.items()}
    assert counts["gamelabel_10k_matches_in_simulation"] == 0
    assert counts["gamelabel_10k_matches"] + counts["gamelabel_10k_differs"] == 4
    assert counts["imagereward_not_testable"] == 24
    assert "SIMULATED" not in (tmp_path / "report/tables/claims.csv").read_text()


@pytest.mark.slow
def test_alone_it_says_what_to_run_first(run_notebook: RunNotebook) -> None:
    run = run_notebook("10_figures", claims_path=str(CLAIMS))
    assert f"Run first: {', '.join(FIGURES.after)}." in run.output
    assert "0 labels by 0 named players (none)" in run.output
    assert run.figures == {}
    counts = {name: entry["value"] for name, entry in run.metrics.items()}
    assert counts["claims_gamelabel_10k_not_testable"] == 40
    assert counts["claims_imagereward_not_testable"] == 24
