"""Notebook 10 and its figures, on made-up tables and numbers."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gamelabel.study import ratios
from gamelabel.study.claims import count_verdicts, judge, load_claims
from gamelabel.study.steps import STEPS
from gamelabel.tables import write_table

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks/10_figures.ipynb"
NUMBERS = {
    "01_prompts": {"prompts_total": 2000, "prompts_share_kept": 0.98},
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
        "tuning_adherence_change": (0.04, 0.01, 0.07),
        "tuning_quality_change_preferred": (-3.0, -5.0, 1.0),
    },
}


def claim(name: str, **test: Any) -> dict[str, Any]:
    return {"paper": "P", "id": name, "section": 1, "description": "d", "metric": name, **test}


def metric(
    value: float | None, low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    return {
        "value": value,
        "low": low,
        "high": high,
        "source": "simulated",
        "notebook": "03_labels",
        "cell": 3,
    }


def rows(
    claims: list[dict[str, Any]], **metrics: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    judged = judge(claims, metrics)
    return ratios.value_ratios(claims, judged), ratios.direction_margins(claims, judged)


def test_values_lie_over_the_papers_number() -> None:
    claims = [
        claim("a", expected=200, within=[190, 220]),
        claim("b", within=[2, 6]),
        claim("c", within=[-1, 1]),
    ]
    values, directions = rows(claims, a=metric(100, 90, 110), b=metric(5), c=metric(0))
    assert not directions
    a = {
        "value": 0.5,
        "low": 0.45,
        "high": 0.55,
        "least": 0.95,
        "most": 1.1,
        "ours": "100",
        "against": "paper: 200",
    }
    b = {
        "value": 1.25,
        "low": 1.25,
        "high": 1.25,
        "least": 0.5,
        "most": 1.5,
        "ours": "5",
        "against": "paper: 2 to 6",
    }
    assert values == [
        {"id": "a", "verdict": "inconsistent in simulation", **a},
        {"id": "b", "verdict": "consistent in simulation", **b},
    ]


def test_directions_are_margins_on_the_papers_side() -> None:
    claims = [
        claim("a", above=0),
        claim("b", below=0),
        claim("c", above="a"),
        claim("d", above=3),
        claim("e", like="a"),
    ]
    _, found = rows(
        claims, a=metric(4, 2, 6), b=metric(-1, -4, 2), c=metric(1, 0, 2), d=metric(5), e=metric(4)
    )
    expected = [(2, 1, 3), (1 / 3, -2 / 3, 4 / 3), (-3, -4, -2), (1, 1, 1)]
    assert np.allclose([(row["value"], row["low"], row["high"]) for row in found], expected)
    met = [row["verdict"] == "consistent in simulation" for row in found]
    assert met == [row["low"] > 0 for row in found]
    assert [row["against"] for row in found] == [
        f"claim: {words}" for words in ("over 0", "under 0", "over 4", "over 3")
    ]


def test_what_was_not_tested_is_not_drawn() -> None:
    small = claim("d", within=[1, 2], needs={"c": "188 players"})
    claims = [claim("a", within=[1, 2]), claim("b", within=[1, 2]), claim("c", above="gone"), small]
    assert rows(claims, b=metric(None), c=metric(1), d=metric(1)) == ([], [])


def test_the_papers_own_claims_all_have_a_place() -> None:
    claims = load_claims(ROOT / "data/claims.yaml")
    names = {
        one[key]
        for one in claims
        for key in ("metric", "above", "below", "like")
        if isinstance(one.get(key), str)
    }
    measured = {name: metric(2e5, 1e5, 3e5) for name in names}  # more than any claim needs
    values, directions = rows(claims, **measured)
    alike = sum("like" in one for one in claims)
    assert len(values) + len(directions) + alike == sum("metric" in one for one in claims)


def prepare(folder: Path, source: str, players: int = 40) -> None:
    """Tables of a toy run, with pictures of plain colours, and a few recorded numbers."""
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
    for file in [*pairs.image_a, *pairs.image_b][1:]:  # one is missing
        Image.new("RGB", (32, 32), tuple(rng.integers(0, 256, 3).tolist())).save(
            folder / "run" / file
        )
    write_table(pairs, folder / "run", "pairs")
    labels = pd.DataFrame(
        {"pair_id": rng.choice(pairs.pair_id, 300), "choice": rng.choice(["a", "b"], 300)}
    )
    named = {"player_id": rng.choice([f"u{i}" for i in range(players)], 300) if players else None}
    labels = labels.assign(
        label_id=[f"l{i}" for i in range(300)],
        batch_id=None,
        shown_left="a",
        source=source,
        **named,
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


def recorded(folder: Path, source: str, *steps: str) -> None:
    (folder / "run/records").mkdir(parents=True, exist_ok=True)
    for step in steps:
        kept = {
            n: metric(*v) if isinstance(v, tuple) else metric(v) for n, v in NUMBERS[step].items()
        }
        text = json.dumps(
            {"metrics": {name: {**entry, "source": source} for name, entry in kept.items()}}
        )
        (folder / f"run/records/{step}.json").write_text(text)


def run(folder: Path) -> tuple[str, dict[str, Any]]:
    """What the notebook's cells, as one program, print and record."""
    cells = [
        cell
        for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    code = ["".join(cell["source"]) for cell in cells]
    given = (
        f"run_dir, report_dir, claims_file = 'run', 'report', {str(ROOT / 'data/claims.yaml')!r}"
    )
    (folder / "notebook.py").write_text("\n".join([code[0], given, *code[1:]]))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "agg",
        "JPY_SESSION_NAME": "10_figures.ipynb",
    }
    done = subprocess.run(
        [sys.executable, "notebook.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "run/records/10_figures.json").read_text())


def check(kept: dict[str, Any], expected: dict[str, int]) -> None:
    """The counts of verdicts are those that `claims` itself gives."""
    got = {name.removeprefix("claims_"): entry["value"] for name, entry in kept["metrics"].items()}
    named = {
        verdict.replace(" ", "_").removesuffix("_here"): count
        for verdict, count in expected.items()
    }
    assert got == {"total": sum(expected.values()), **named}


@pytest.mark.slow
def test_over_simulated_labels(tmp_path: Path) -> None:
    prepare(tmp_path, "simulated")
    recorded(tmp_path, "simulated", *NUMBERS)
    said, kept = run(tmp_path)
    claims = load_claims(ROOT / "data/claims.yaml")
    found = {
        n: metric(*v) if isinstance(v, tuple) else metric(v)
        for step in NUMBERS.values()
        for n, v in step.items()
    }
    check(kept, count_verdicts(judge(claims, found)))
    assert set(kept["figures"]) == {
        "paper_examples",
        "paper_players",
        "claims_values",
        "claims_directions",
    }
    assert all(entry["simulated"] for entry in kept["figures"].values())
    table = pd.read_csv(tmp_path / "report/tables/claims.csv")
    assert list(table.id) == [one["id"] for one in claims] and set(table.pop("label_source")) == {
        "SIMULATED"
    }
    missing = "02_images, 07_reward_model, 08_pairwise_losses, 09_rewards_and_rounds"
    assert f"Run first: {missing}." in said
    assert "no step of this run recorded images_per_prompt" in " ".join(table.verdict)


@pytest.mark.slow
def test_over_released_labels_without_players_or_later_steps(tmp_path: Path) -> None:
    prepare(tmp_path, "released", players=0)
    recorded(tmp_path, "released", "03_labels")
    said, kept = run(tmp_path)
    assert set(kept["figures"]) == {"paper_examples", "claims_values"}
    assert kept["metrics"]["claims_consistent_in_simulation"]["value"] == 0
    assert (
        kept["metrics"]["claims_matches"]["value"] + kept["metrics"]["claims_differs"]["value"] == 4
    )
    assert (
        "No claim of a direction" in said
        and "SIMULATED" not in (tmp_path / "report/tables/claims.csv").read_text()
    )


@pytest.mark.slow
def test_alone_it_says_what_to_run_first(tmp_path: Path) -> None:
    said, kept = run(tmp_path)
    assert f"Run first: {', '.join(STEPS[-1].after)}." in said
    assert "There are no labels in run: run 03_labels first." in said
    metrics = kept["metrics"]
    assert kept["figures"] == {}
    assert metrics["claims_not_testable"]["value"] == metrics["claims_total"]["value"]
