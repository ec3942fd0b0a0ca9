from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gamelabel.cli import app
from gamelabel.study import doctor, plan
from gamelabel.study.plan import Hardware, plan_study, plan_text, totals
from gamelabel.study.profiles import Profile, read_profile
from gamelabel.study.step_work import WORK, Job
from gamelabel.study.steps import STEPS, Study
from gamelabel.tuning.dry_run import Need
from gamelabel.tuning.needs import BASE_BYTES, Setting

ROOT = Path(__file__).parents[2]


def study(profile: str) -> tuple[Study, Profile]:
    place = Study(ROOT, profile)
    return place, read_profile(place)


@pytest.fixture
def simple_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose needs can be added up by hand."""

    def need(kind: str, model: str, setting: Setting, blip: str) -> Need:
        if kind in ("encode", "reward"):
            return Need(10**10, 10**9, 10**12)
        weights = 12e9 * BASE_BYTES[setting.base] + 10e9 * setting.encoders
        working = 5e3 * (setting.side or 1024) ** 2 * setting.batch
        return Need(int(weights), int(working), 10**14 * setting.batch)

    monkeypatch.setattr(plan, "_need", need)
    monkeypatch.setattr(plan, "_adapter", lambda model, rank: 4_000_000 * rank)


def test_every_step_with_a_model_is_planned() -> None:
    with_model = {name for name, values in study("paper")[1].steps.items() if "model" in values}
    assert with_model - {"09_rewards_and_rounds"} <= set(WORK)
    assert set(WORK) <= {step.name for step in STEPS}


@pytest.mark.usefixtures("simple_needs")
def test_the_paper_profile_fits_a_card_of_48_gb() -> None:
    plans = plan_study(*study("paper"), Hardware(48.0))
    assert [p.problem for p in plans] == [""] * len(WORK)
    total = totals(plans)
    assert total["seconds"] == sum(p.seconds for p in plans) > 3600
    assert total["card"] == max(p.card for p in plans) <= 48e9
    assert total["disk"] >= max(p.disk + p.scratch for p in plans)
    text = plan_text(plans, Hardware(48.0))
    assert all(step in text for step in WORK)
    assert "L40S" in text


@pytest.mark.usefixtures("simple_needs")
def test_a_small_card_is_told_what_makes_each_step_fit() -> None:
    problems = [p.problem for p in plan_study(*study("paper"), Hardware(24.0)) if p.problem]
    assert len(problems) == len(WORK)
    for problem in problems:
        assert "GB on the card" in problem
        assert "not 24: it fits with" in problem
        assert "-p base_weights=nf4" in problem
    tiny = plan_study(*study("paper"), Hardware(8.0))
    options = "-p base_weights=nf4 -p image_side=512"
    assert f"it needs a larger card, even with {options}" in tiny[0].problem


@pytest.mark.usefixtures("simple_needs")
def test_a_step_fits_with_what_it_was_told() -> None:
    """The options of each message are parameters of the step, and with them there is no problem."""
    place, profile = study("paper")
    card = Hardware(24.0)
    for plan_of_step in plan_study(place, profile, card):
        options = plan_of_step.problem.partition("it fits with ")[2].split("-p ")[1:]
        assert options
        values = dict(option.strip().split("=") for option in options)
        step = plan_of_step.step
        assert set(values) <= set(profile.steps[step])
        changed = {name: type(profile.steps[step][name])(v) for name, v in values.items()}
        steps = {**profile.steps, step: {**profile.steps[step], **changed}}
        plans = plan_study(place, replace(profile, steps=steps), card)
        assert [p.problem for p in plans if p.step == step] == [""]


@pytest.mark.usefixtures("simple_needs")
def test_a_faster_card_and_a_smaller_study_take_less() -> None:
    place, profile = study("paper")
    slow, fast = (
        totals(plan_study(place, profile, Hardware(80.0, name)))["seconds"]
        for name in ("NVIDIA RTX A6000, 49140 MiB", "NVIDIA H100 80GB HBM3, 81559 MiB")
    )
    assert slow / fast == pytest.approx(989 / 155)
    few = read_profile(place, ["train_steps=10", "test_prompts=10", "scored_prompts=10"])
    less = totals(plan_study(place, few, Hardware(80.0)))
    assert less["seconds"] < totals(plan_study(place, profile, Hardware(80.0)))["seconds"]
    assert less["disk"] < totals(plan_study(place, profile, Hardware(80.0)))["disk"]


@pytest.mark.full
def test_the_embedded_model_on_a_processor() -> None:
    plans = plan_study(*study("smoke"), Hardware())
    assert {p.step for p in plans} == set(WORK)
    for p in plans:
        assert p.card == 0.0
        assert p.problem == ""
        assert 0.5e9 < p.memory < 3e9
        assert p.seconds < 600
    (images,) = (p for p in plans if p.step == "02_images")
    assert images.largest == Job("draw", 160, 0)


def test_the_command_says_what_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gpu_name", lambda: None)
    monkeypatch.setattr(plan, "WORK", {"02_images": WORK["02_images"]})
    shown = CliRunner().invoke(app, ["plan", "--profile", "smoke"])
    assert shown.exit_code == 0
    assert "02_images" in shown.output
    small = CliRunner().invoke(app, ["plan", "--profile", "smoke", "--card", "0.5"])
    assert small.exit_code == 1
    assert "it needs a larger card" in small.output


@pytest.mark.usefixtures("simple_needs")
def test_doctor_reads_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    machine = doctor.Machine("L40S", 48.3, 64, 500, 16, "", {})
    place, profile = study("paper")
    needs = doctor.profile_needs(place, machine)
    plans = plan_study(place, profile, Hardware(48.3, "L40S"))
    assert needs["a GPU"] == totals(plans)["card"] / 1e9
    assert doctor.suggest_profile(machine, {"paper": lambda: needs}) == "paper"
    less = replace(machine, disk_gb=20)
    missing = doctor.suggest_profile(less, {"paper": lambda: needs})
    assert missing.startswith("smoke; paper needs disk of")
    without = doctor.profile_needs(place, replace(machine, gpu=None, gpu_gb=0))
    assert without["a GPU"] == 48
