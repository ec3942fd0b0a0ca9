"""docs/your-data.md: each command reads its sample; one of each kind is run and judged (full)."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from gamelabel import images, prompts
from gamelabel.images.adapter_files import find_adapter_file
from gamelabel.study.label_sources import LABEL_SOURCES, collect_labels
from gamelabel.study.profiles import read_profile
from gamelabel.study.steps import Study
from tests.study.conftest import ROOT, RunNotebook

PAGE = (ROOT / "docs/your-data.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(?:cp |gamelabel run ).*$", PAGE, re.MULTILINE)
SAMPLES = ROOT / "examples/your-data"


class Documented(NamedTuple):
    """What a documented command sets."""

    profile: str
    overrides: list[str]
    values: dict[str, str]


def parse(command: str) -> Documented:
    words = shlex.split(command.partition("&& ")[2] or command)
    overrides = [
        words[i + 1].replace("$PWD", str(ROOT)) for i, word in enumerate(words) if word == "-p"
    ]
    values = dict(override.split("=", 1) for override in overrides)
    return Documented(words[words.index("--profile") + 1], overrides, values)


def copy_profiles(folder: Path, command: str) -> None:
    """Make notebooks/profiles of a project, with the profile that the command copies there."""
    (folder / "profiles").mkdir(parents=True)
    for path in (ROOT / "notebooks").rglob("*.yaml"):
        (folder / "profiles" / path.name).write_bytes(path.read_bytes())
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        (folder / path.name).write_bytes(path.read_bytes())
    if command.startswith("cp "):
        copied = ROOT / shlex.split(command)[1]
        (folder / "profiles" / copied.name).write_bytes(copied.read_bytes())


def test_the_page_has_a_command_for_each_kind() -> None:
    values = [parse(command).values for command in COMMANDS]
    names = {name for each in values for name in each}
    assert {"corpus", "pictures", "label_source", "model", "own_adapter"} <= names
    sources = {each["label_source"] for each in values if "label_source" in each}
    assert sources == {"csv", "label-studio", "argilla", "potato", "gamelabel10k"}
    assert any(parse(command).profile == "own" for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_command_finds_its_parameters_and_its_sample(
    command: str, tmp_path: Path
) -> None:
    profile, overrides, values = parse(command)
    copy_profiles(tmp_path / "notebooks", command)
    settings = read_profile(Study(tmp_path, profile), overrides).steps
    if "corpus" in values:
        needed = settings["02_images"]["points"] + 2 * settings["02_images"]["comparisons"]
        texts = prompts.load_corpus(values["corpus"]).texts
        assert len(set(texts)) >= needed
    elif "pictures" in values:
        plan = images.make_pairs(pd.DataFrame(), 60, 20, "", 0, values["pictures"])
        assert plan.kind.value_counts().to_dict() == {"preference": 12, "comparison": 6}
    elif "label_source" in values:
        collected = collect_labels(values["label_source"], tmp_path, values["labels_file"])
        assert len(collected.rejected) == 0 and len(collected.labels) > 50
        assert collected.pairs.image_a.notna().all() and collected.pairs.gold.isna().all()
        has_ties = (collected.labels.choice == "tie").any()
        assert has_ties == (values["label_source"] != "gamelabel10k")
    elif "model" in values:
        assert (Path(values["model"]) / "model_index.json").is_file()
        assert settings["05_tuning"]["assistant"] == ""
    elif "own_adapter" in values:
        assert find_adapter_file(Path(values["own_adapter"])).is_file()
    else:
        assert profile == "own"


RUN_IN_FULL = ("pictures.csv", "votes.csv", "prompts.txt", "argilla")  # a sample of each kind
READ_DATA = ("01", "02", "03", "04", "10")  # the steps that read the data
FAST = {"train_steps": 2, "train_batch": 8, "test_prompts": 40, "scored_prompts": 8, "methods": ""}
FAST |= {"best_of": 2, "reward_steps": 2, "ranked_prompts": 8}


@pytest.mark.full
@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if any(s in command for s in RUN_IN_FULL)]
)
def test_a_documented_command_ends_in_a_report_without_verdicts_on_own_data(
    command: str, tmp_path: Path
) -> None:
    profile, overrides, values = parse(command)
    copy_profiles(tmp_path / "notebooks", command)
    (tmp_path / "data").mkdir()
    for path in (ROOT / "data").iterdir():
        if path.name not in ("runs", "cache"):
            (tmp_path / "data" / path.name).symlink_to(path)
    (tmp_path / "requirements.lock").write_bytes((ROOT / "requirements.lock").read_bytes())
    steps = READ_DATA
    if "corpus" in values:  # models learn from pictures of these prompts
        steps = ("01", "02", "03", "04", "05", "07", "08", "09", "10")
        overrides += [f"{name}={value}" for name, value in FAST.items()]
    words = [word for override in overrides for word in ("-p", override)]
    program = [sys.executable, "-c", "from gamelabel.cli import main; main()"]
    for step in steps:
        finished = subprocess.run(
            [*program, "run", "--profile", profile, *words, "--only", step],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
    report = tmp_path / "reports" / profile
    assert (report / "index.html").is_file()
    claims = json.loads((report / "claims.json").read_text(encoding="utf-8"))
    metrics = json.loads((report / "metrics.json").read_text(encoding="utf-8"))
    assert metrics
    if "label_source" in values:
        source = LABEL_SOURCES[values["label_source"]].label_source
        assert metrics["reliability_alpha"]["source"] in (source, "own", "crowd")
    own = [claim for claim in claims if claim["label_source"] in ("own", "crowd", "game")]
    assert not [claim for claim in own if claim["verdict"] in ("matches", "differs", "undecided")]


ONLY_TIES = "t1,u,tie\nt1,v,tie\nt2,u,tie\n"
ONE_LABEL = "t1,u,left\n"
MIXED = "t1,u,left\nt1,v,tie\nt2,u,right\nt2,v,right\nt3,u,tie\nt3,v,left\nt4,w,tie\n"


@pytest.mark.slow
@pytest.mark.parametrize("votes", [ONLY_TIES, ONE_LABEL, MIXED])
def test_ties_and_votes_without_gold_go_through_the_statistics(
    votes: str, tmp_path: Path, run_notebook: RunNotebook
) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("task,worker,label\n" + votes)
    small = {"n_games": 2, "n_curve": 20, "n_trials": 2}
    run_notebook("03_labels", label_source="csv", labels_file=str(path), **small)
    measured = run_notebook("04_reliability", replicates=20).metrics
    assert measured["reliability_accuracy_mean"]["value"] is None
    n_decided = 3 if votes == MIXED else votes.count("left")
    assert measured["reliability_preferences"]["value"] == n_decided


@pytest.mark.slow
def test_labels_of_which_some_name_nobody_go_through_the_statistics(
    tmp_path: Path, run_notebook: RunNotebook
) -> None:
    responses = [("a", "u1"), ("b", None), ("b", "u2"), ("b", None), ("tie", "u1")]
    records = [
        {
            "id": f"t{i}",
            "fields": {"prompt": f"a fox, {i}"},
            "responses": {"better": [{"value": v, "user_id": u} for v, u in responses[i:]]},
        }
        for i in range(3)
    ]
    path = tmp_path / "argilla.json"
    path.write_text(json.dumps(records))
    small = {"n_games": 2, "n_curve": 20, "n_trials": 2}
    run_notebook("03_labels", label_source="argilla", labels_file=str(path), **small)
    assert "krippendorff" in run_notebook("04_reliability", replicates=20).output
