"""Every "Try this" of the notebooks, carried out as its words say, after a run of least size."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import nbformat
import pandas as pd
import pytest

from gamelabel.study.run_result import DONE
from gamelabel.study.runner import run_study
from gamelabel.study.steps import Study
from gamelabel.tables import read_table
from tests.reliability.external_data import external_file
from tests.study.conftest import copy_study
from tests.study.real import ROOT

Prepare = Callable[[Study], "Actions"]


class Action(NamedTuple):
    """One notebook that is run, with its parameters, changed code, and code to add at its end."""

    notebook: str
    parameters: Mapping[str, object] = MappingProxyType({})
    replace: tuple[str, str] = ("", "")
    append: str = ""


Actions = list[Action]


def steps_of(*notebooks: str, **parameters: object) -> Actions:
    """Run notebooks in order, the first with the parameters."""
    first, *others = notebooks
    return [Action(first, parameters), *map(Action, others)]


def crowd_of(study: Study) -> Actions:
    """Three people label a hundred pairs, or all that there are."""
    tasks = read_table(study.run_dir, "pairs").pair_id.head(100)
    rows = [(task, worker, "ab"[len(worker + task) % 2]) for task in tasks for worker in "xyz"]
    file = study.root / "ours.csv"
    pd.DataFrame(rows, columns=["task", "worker", "label"]).to_csv(file, index=False)
    return steps_of("03", "04", label_source="csv", labels_file=str(file))


def real_crowd(study: Study) -> Actions:
    file = external_file("crowd_labels", "rte/label.csv")
    return steps_of("03", "04", label_source="csv", labels_file=str(file))


def word_list(study: Study) -> Actions:
    file = study.root / "common.txt"
    file.write_text("the\n")
    return steps_of("01", word_list=str(file))


def own_prompts(study: Study) -> Actions:
    file = study.root / "custom_prompts_df.csv"
    file.write_text('prompt\n"a cat, by night"\na dog\n')
    return steps_of("01", corpus=str(file))


def pick_a_pic(study: Study) -> Actions:
    external_file("prompts_pickapic", "test.txt")
    return steps_of("01", rule="substring", corpus="pick-a-pic")


def other_model(study: Study) -> Actions:
    folder = study.root / "another"
    shutil.copytree(ROOT / "data/models/scenes-flux", folder)
    return steps_of("02", model=str(folder))


def own_crowd(study: Study) -> Actions:
    rows = [(task, worker, "yes", "yes") for task in range(30) for worker in "xyz"]
    file = study.notebooks / "mine.csv"
    pd.DataFrame(rows, columns=["task", "worker", "label", "gold"]).to_csv(file, index=False)
    code = (
        "from gamelabel.games.pairs.replay import replay_table\n"
        "mine = readers.read_annotations('mine.csv')\n"
        "played = replay_table(mine.labels, mine.gold, game.Rules(), seeds=[0])\n"
        "assert len(played) == 1"
    )
    return [Action("06", FEW_CROWDS, append=code)]


def fewer_comparisons(study: Study) -> Actions:
    code = (
        "from gamelabel.games.pairs.replay import replay_table\n"
        "rules = game.Rules(share_floor=(0.05, 0.1), good_accuracy=0.6)\n"
        "crowd = next(iter(with_gold.values()))\n"
        "assert len(replay_table(crowd.labels, crowd.gold, rules, seeds=[0])) == 1"
    )
    external_file("crowd_labels", "rte/label.csv")
    return [Action("06", FEW_CROWDS, append=code)]


def gate_of_four_classes(study: Study) -> Actions:
    external_file("crowd_labels", "dog/label.csv")
    change = ("game.Threshold()", "game.Threshold(min_accuracy=0.4)")
    return [Action("06", {**FEW_CROWDS, "crowds": "dog"}, change)]


def widened_claims(study: Study) -> Actions:
    folder = study.root / "mine"
    shutil.copytree(study.root / "data/claims", folder)
    for file in folder.iterdir():
        text = file.read_text()
        ends = re.compile(r"within: \[([\d.]+), ([\d.]+)\]")
        wide = ends.sub(lambda m: f"within: [{0.8 * float(m[1])}, {1.2 * float(m[2])}]", text)
        file.write_text(wide)
    return steps_of("10", claims_path=str(folder))


def own_claim(study: Study) -> Actions:
    claim = "paper: mine\nclaims:\n  - {id: mine, section: 1, description: Many., "
    file = study.root / "mine.yaml"
    file.write_text(f"{claim}metric: prompts_total, within: [1, 1000]}}\n")
    return steps_of("10", claims_path=str(file))


FEW_VOTES = {"crowds": "rte", "n_tasks": 40, "n_known": 10, "n_prompts": 5, "replicates": 20}
SKILLED = {"skill_mean": 0.95, "guessers": 0.0}
FEW_CROWDS = {"crowds": "rte", "n_tasks": 40, "n_replays": 2, "replicates": 20}
EMPTY_SHEET = (
    "sheet = np.full((64, 64, 3), 240, np.uint8)\n"
    "assert len(scorer.score([sheet] * len(texts), texts)) == len(texts)"
)


OTHER_EPISODES = (
    "for condition in ('share_in_order > .8', 'select * from seats order by score desc limit 5'):\n"
    "    assert len(dataset.episodes(folder, condition)) < len(rows)"
)
CHANGED_ACTIONS = (
    "path = sorted((folder / 'steps').glob('*.parquet'))[0]\n"
    "steps = pd.read_parquet(path)\n"
    "steps['action'] = 1\n"
    "steps.to_parquet(path)\n"
    "again = corpus_tables.replay_check(folder, 0)\n"
    "print('\\n'.join(again.message[~again.same]))\n"
    "assert not again.same.all()"
)
MORE_DUTY = (
    "from dataclasses import replace\n"
    "sessions = simulated_people.tabled_sessions(\n"
    "    TREATMENTS, people, replace(default, duty_social=1.0), seed\n"
    ")\n"
    "assert len(comparison.good_data(comparison.participants(sessions))) > 1"
)
TYPOS = (
    "from gamelabel.games.dungeon.command_style import StyleRange\n"
    "collected = simulated_commands.simulated_examples("
    "n_teachers, examples_each, seed, styles=StyleRange(typo=0.2))"
)
COLLECTED = "collected = simulated_commands.simulated_examples(n_teachers, examples_each, seed)"


def forward_encoder(_: Study) -> Actions:
    change = ("options = {", 'options = {\n    "forward encoder": {"direction": "forward"},')
    return [Action("14", replace=change)]


def other_adjectives(_: Study) -> Actions:
    external_file("agiqa3k", "data.csv")
    change = ('["hyper detail", "HDR lighting", "blurred detail"]', '["top view", "close-up"]')
    return [Action("16", FEW_VOTES, change)]


def plain(*notebooks: str, **parameters: object) -> Prepare:
    return lambda study: steps_of(*notebooks, **parameters)


# the notebook and the first words of what is to be tried -> what is done, each item by itself
TRIALS: dict[tuple[str, str], list[Prepare]] = {
    ("01", 'Set `rule = "substring"`'): [pick_a_pic],
    ("01", "Write a text file with one common word"): [word_list],
    ("01", "Download the paper's own source"): [own_prompts],
    ("02", "Set `steps` to 1, 2 or 8"): [plain("02", steps=1), plain("02", steps=8)],
    ("02", "Set `model` to the folder of another"): [other_model],
    ("02", "Set `comparisons` to as many as `points`"): [plain("02", comparisons=24)],
    ("03", 'Set `gate = "posterior"`'): [plain("03", gate="posterior"), plain("03", gate="sprt")],
    ("03", "Set `remove_below = 0.0`"): [plain("03", remove_below=0.0)],
    ("03", "Label a hundred pairs with two friends"): [crowd_of],
    ("04", "Set `seed = 1`"): [plain("04", seed=1), plain("04", replicates=100)],
    ("04", "In `03_labels`, set `skill_mean"): [plain("03", "04", **SKILLED)],
    ("04", "`06_real_crowds` does all of this"): [lambda _: [Action("06", FEW_CROWDS)]],
    ("04", "With the labels of a real crowd"): [real_crowd],
    ("05", 'Set `assistant` to ""'): [plain("05", assistant="", learning_rate=1e-4)],
    ("05", "Set `train_steps` to four times"): [plain("05", train_steps=8)],
    ("05", "Set `rank` to 2"): [plain("05", rank=2)],
    ("05", "In notebook 3 set `skill_mean"): [
        plain("03", "04", "05", skill_mean=0.95, guessers=0.0)
    ],
    ("06", 'Set `crowds = "dog"`'): [gate_of_four_classes],
    ("06", "Use fewer comparison points"): [fewer_comparisons],
    ("06", "Read a crowd of your own"): [own_crowd],
    ("07", "Set `reward_steps` to a tenth"): [
        plain("07", reward_steps=1),
        plain("07", reward_steps=6),
    ],
    ("07", "Take the worst image that is first"): [],  # this is to be looked at
    ("07", "In notebook 3 set `skill_mean"): [plain("03", "04", "07", skill_mean=0.65)],
    ("07", "Score an empty sheet of paper"): [lambda _: [Action("07", append=EMPTY_SHEET)]],
    ("08", "Set `anchor` to 0 and `beta` to 10"): [plain("08", anchor=0.0, beta=10.0)],
    ("08", "Set `pairwise_rate` to a tenth"): [plain("08", pairwise_rate=2e-4)],
    ("08", "In notebook 3 set `guessers"): [plain("03", "04", "08", guessers=0.5)],
    ("09", "Set `refl_rate` ten times as high"): [plain("09", refl_rate=1e-3)],
    ("09", "Set `rounds` to 5"): [plain("09", rounds=5)],
    ("09", "Set `images_per_prompt` to 8"): [plain("09", images_per_prompt=8)],
    ("10", "Copy the folder `data/claims`"): [widened_claims],
    ("10", "In `03_labels`, set `crowd_seed = 1`"): [plain("03", "04", "10", crowd_seed=1)],
    ("10", "Add a claim of your own"): [own_claim],
    ("11", "Set `sessions = 20`"): [plain("11", sessions=2, seconds=12.0)],
    ("11", "Choose episodes by another condition"): [
        lambda _: [Action("11", append=OTHER_EPISODES)]
    ],
    ("11", "Change the actions in a file"): [lambda _: [Action("11", append=CHANGED_ACTIONS)]],
    ("12", "Set `people = 500`"): [plain("12", people=60)],
    ("12", "In `simulated_people.Assumptions`"): [lambda _: [Action("12", append=MORE_DUTY)]],
    ("12", "Require another share"): [
        lambda _: [Action("12", replace=("wrongly_judged(judged)", "wrongly_judged(judged, 0.9)"))]
    ],
    ("13", "Set `updates = 5000`"): [plain("13", updates=8, runs=3, algorithms="BC, CQL")],
    ("13", "Clone only the players"): [plain("13", quality=0.5)],
    ("13", 'Set `algorithms = "BC, CQL"`'): [
        lambda _: [
            Action(
                "13",
                {"algorithms": "BC, CQL"},
                replace=('"frames >= 60", task', '"frames >= 90", task'),
            )
        ]
    ],
    ("14", 'Set `split = "example"`'): [plain("14", split="example")],
    ("14", "Set `sizes` to"): [plain("14", sizes="40, 80", n_teachers=40)],
    ("14", 'Add `"forward encoder"'): [forward_encoder],
    ("14", "Give the teachers more habits"): [lambda _: [Action("14", replace=(COLLECTED, TYPOS))]],
    ("15", "Set `bonus_worth = 0.0`"): [plain("15", bonus_worth=0.0)],
    ("15", "Set `heed = -0.3`"): [plain("15", heed=-0.3)],
    ("15", "Double `attack_teachers`"): [plain("15", attack_teachers=12)],
    ("15", "Teach a learner of your own"): [],  # tests/games/descent does what the page says
    ("16", "Set `confidences ="): [plain("16", **FEW_VOTES, confidences="0.7, 0.95")],
    ("16", "Set `n_known = 0`"): [plain("16", **FEW_VOTES | {"n_known": 0})],
    ("16", "Among the assumptions"): [
        lambda _: [
            Action(
                "16", FEW_VOTES, ("AnnotatorAssumptions()", "AnnotatorAssumptions(careless=0.5)")
            )
        ]
    ],
    ("16", "In the cell about added words"): [other_adjectives],
}
RUNS = [
    pytest.param(trial, id=f"{notebook} {words} {number}")
    for (notebook, words), trials in TRIALS.items()
    for number, trial in enumerate(trials, 1)
]


def things_to_try(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[-1]["source"])
    return [item.replace("\n  ", " ") for item in re.split(r"\n- ", text)[1:]]


def test_each_thing_to_try_is_tried_here() -> None:
    items = {
        (path.name[:2], item)
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for item in things_to_try(path)
    }
    for notebook, item in items:
        matches = [number for number, words in TRIALS if item.startswith(words)]
        assert matches.count(notebook) == 1, (notebook, item)
    assert len(items) == len(TRIALS)


@pytest.mark.full
@pytest.mark.parametrize("trial", RUNS)
def test_what_a_notebook_proposes_works(
    finished_study: Study, tmp_path: Path, trial: Prepare
) -> None:
    study = copy_study(finished_study, tmp_path / "study")
    for action in trial(study):
        step = study.step(action.notebook)
        if action.append or any(action.replace):
            change(study.notebook(step), action)
        overrides = [f"{name}={value}" for name, value in action.parameters.items()]
        assert run_study(study, overrides, only=step.name).status[step.name] == DONE


def change(notebook: Path, action: Action) -> None:
    """Edit a cell of a notebook, and add one at its end, as a reader does in JupyterLab."""
    content = nbformat.read(notebook, as_version=4)
    before, after = action.replace
    edited = 0
    for cell in content.cells:
        if before and before in cell.source:
            cell.source = cell.source.replace(before, after)
            edited += 1
    assert edited == bool(before)
    if action.append:
        content.cells.append(nbformat.v4.new_code_cell(action.append))
    nbformat.write(content, notebook)
