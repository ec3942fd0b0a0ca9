"""Agents taught by SIMULATED teachers in the arms of a study, and tested on the same examples.

All arms of a seed have the same people, the same pilot study and the same seeds of training.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from gamelabel.files import replacing, snake
from gamelabel.following.command_examples import (
    CommandExample,
    make_action_space,
    make_vocabulary,
    read_examples,
)
from gamelabel.following.dungeon_learner import DungeonLearner
from gamelabel.following.following_scores import score_agent
from gamelabel.following.replay_learner import ReplayLearner
from gamelabel.following.teaching_arms import ARMS, PAPER_ARMS, TeachingArm
from gamelabel.following.train_agent import AgentConfig, make_agent
from gamelabel.games.descent import VARIANTS, DescentRules, Example, read_descent_table
from gamelabel.games.descent.descent_experiment import SimulatedDescent, play_descent
from gamelabel.games.descent.simulated_teachers import TeacherAssumptions
from gamelabel.games.dungeon import DUNGEON
from gamelabel.games.dungeon.dungeon_teaching import DungeonWriter, same_end_state
from gamelabel.games.dungeon.simulated_commands import pilot_examples
from gamelabel.parallel import executor, map_items

COLUMNS_OF_EXAMPLES = {"input": "command", "answer": "actions", "context": "world"}


@dataclass(frozen=True)
class TeachingStudy:
    """The sizes of a comparison of arms.

    Attributes
    ----------
    folder : Path
        Where descents and models go; what is there already, of the same sizes and assumptions, is
        not made again.
    seeds : sequence of int
        Each is a crowd of people with its pilot study.
    n_teachers, rounds, examples : int
        Teachers of each arm, its rounds, and the examples that a round asks for.
    pilot : int
        Examples of the pilot study, half of them for the shared test set.
    agent : AgentConfig
        The agent that is taught.
    replay : int
        Shared examples, beside the teacher's own, on which a teacher's model is trained from the
        last round's model. The paper trains on all, from nothing.
    assumptions : TeacherAssumptions
        What is assumed about people.
    """

    folder: Path
    seeds: Sequence[int] = (0, 1, 2)
    n_teachers: int = 30
    rounds: int = 5
    examples: int = 10
    pilot: int = 400
    agent: AgentConfig = field(default_factory=AgentConfig)
    replay: int = 60
    assumptions: TeacherAssumptions = field(default_factory=TeacherAssumptions)

    def rules(self, arm: TeachingArm) -> DescentRules:
        """Return the rules of an arm."""
        rules = VARIANTS[arm.variant]
        most = self.examples if rules.most == rules.least else 10 * self.examples
        return replace(
            rules, rounds=self.rounds, least=self.examples, most=most, warm_start=rules.competitive
        )

    def place(self, arm: str, seed: int) -> Path:
        """Return the folder of an arm and a seed; a study of other sizes or people has another."""
        rest = replace(self, folder=Path(), seeds=())
        key = hashlib.sha256(repr(rest).encode()).hexdigest()[:12]
        return self.folder / snake(arm) / f"{seed}-{key}"


def teach_agents(study: TeachingStudy, arms: Sequence[str] = tuple(ARMS)) -> pd.DataFrame:
    """Play all arms for all seeds, and return the kind of every example that was given.

    Parameters
    ----------
    study : TeachingStudy
        The sizes.
    arms : sequence of str
        Keys of `ARMS`.

    Returns
    -------
    DataFrame
        Columns of `play_descent`, and arm and seed.
    """
    with executor() as pool:
        parts: list[pd.DataFrame] = []
        for is_control in (False, True):  # a control needs the kinds of another arm
            named = [arm for arm in arms if bool(ARMS[arm].kinds_of) == is_control]
            items = [(study, arm, seed) for seed in study.seeds for arm in named]
            names = [f"{arm}, seed {seed}" for _, arm, seed in items]
            parts += map_items(pool, _play_arm, items, names, progress="descents")
    return pd.concat(parts, ignore_index=True)


def _play_arm(item: tuple[TeachingStudy, str, int]) -> pd.DataFrame:
    study, name, seed = item
    arm, place = ARMS[name], study.place(name, seed)
    finished = place / "kinds.parquet"
    if not finished.is_file():
        shutil.rmtree(place, ignore_errors=True)  # of a run that was interrupted
        kinds = None
        if arm.kinds_of:
            kinds = pd.read_parquet(study.place(arm.kinds_of, seed) / "kinds.parquet")["kind"]
            # the same mix of kinds, but not by whom and when they were chosen
            kinds = kinds.sample(frac=1, random_state=seed)
        pilot = _pilot(study, seed)
        half = len(pilot) // 2
        assumptions = study.assumptions
        if arm.bonus_worth is not None:
            assumptions = replace(assumptions, bonus_worth=arm.bonus_worth)
        what = SimulatedDescent(
            study.rules(arm),
            partial(DungeonWriter, seed),
            partial(ReplayLearner, study.agent, study.replay),
            same_end_state,
            study.n_teachers,
            assumptions,
            seed,
            arm.feedback,
            None if kinds is None else kinds.tolist(),
            pilot[:half],
            pilot[half:],
        )
        table = play_descent(what, place, keep_model=partial(_keep_weights, place))
        with replacing(finished) as partial_file:
            table.to_parquet(partial_file)
    return pd.read_parquet(finished).assign(arm=name, seed=seed)


def _pilot(study: TeachingStudy, seed: int) -> list[Example]:
    table = pilot_examples(study.pilot, seed)
    columns = ["example_id", "teacher_id", "command", "actions", "world"]
    return [Example(*row) for row in table[columns].itertuples(index=False)]


def _keep_weights(place: Path, number: int, learner: DungeonLearner) -> None:
    assert learner.agent is not None  # it has just been fitted
    with replacing(place / f"model-{number}.pt") as partial_file:
        torch.save(learner.agent.state_dict(), partial_file)


def score_arms(
    study: TeachingStudy,
    agents: Mapping[str, AgentConfig],
    arms: Sequence[str] = tuple(ARMS),
    n_ranked: int = 0,
) -> pd.DataFrame:
    """Train agents on what each arm collected after each round, and test all on the same examples.

    The test set of a seed is the shared test sets of the paper's four arms and the pilot's (section
    6 of the paper), so `teach_agents` must have played these.

    Parameters
    ----------
    study : TeachingStudy
        The sizes.
    agents : mapping of str to AgentConfig
        The agents; the one that was taught is not trained again.
    arms : sequence of str
        Keys of `ARMS`, which `teach_agents` has played.
    n_ranked : int
        Test examples of each seed whose answers are ranked, after the last round.

    Returns
    -------
    DataFrame
        Columns of `score_agent`, and arm, seed, agent, round, examples (trained on) and test_set.
    """
    items = [
        (study, agent, config, arm, seed, n_ranked)
        for seed in study.seeds
        for arm in arms
        for agent, config in agents.items()
    ]
    names = [f"{item[1]} taught by {item[3]}, seed {item[4]}" for item in items]
    with executor() as pool:
        parts = list(map_items(pool, _score_arm, items, names, progress="agents"))
    return pd.concat(parts, ignore_index=True)


def _score_arm(item: tuple[TeachingStudy, str, AgentConfig, str, int, int]) -> pd.DataFrame:
    study, name, config, arm, seed, n_ranked = item
    tests, sources = _test_examples(study, seed)
    table = read_descent_table(study.place(arm, seed), "examples")
    train = table[table["use"] == "train"]
    parts = []
    for number in range(1, study.rounds + 1):
        part = train[train["round"] <= number]
        if config == study.agent:
            taught = read_examples(_as_commands(part, arm, seed), DUNGEON)
            vocabulary = make_vocabulary(taught, DUNGEON, config.min_count)
            agent = make_agent(config, make_action_space(DUNGEON), vocabulary)
            weights = study.place(arm, seed) / f"model-{number}.pt"
            agent.load_state_dict(torch.load(weights, weights_only=True))
            agent.eval()
        else:
            learner = DungeonLearner(config, show_progress=True)
            columns = list(Example._fields)
            learner.fit([Example(*row) for row in part[columns].itertuples(index=False)], seed)
            assert learner.agent is not None
            agent = learner.agent
        last = number == study.rounds
        scores = score_agent(agent, tests, n_ranked if last else 0, seed=seed)
        parts.append(scores.assign(round=number, examples=len(part), test_set=sources))
    return pd.concat(parts, ignore_index=True).assign(arm=arm, seed=seed, agent=name)


def _test_examples(study: TeachingStudy, seed: int) -> tuple[list[CommandExample], list[str]]:
    """Return the test examples of the paper's arms, mixed, and where each is from."""
    tables = []
    for number, arm in enumerate(PAPER_ARMS):
        table = read_descent_table(study.place(arm, seed), "examples")
        table = table[(table["use"] == "test") & ((table["round"] > 0) | (number == 0))]
        commands = _as_commands(table, arm, seed)
        commands["source"] = np.where(table["round"] > 0, arm, "Pilot study")
        tables.append(commands)
    together = pd.concat(tables).sample(frac=1, random_state=seed)
    return read_examples(together, DUNGEON), together["source"].tolist()


def _as_commands(table: pd.DataFrame, arm: str, seed: int) -> pd.DataFrame:
    """Return examples as the room `following` reads them, with names that are unique over arms."""
    commands = table[list(Example._fields)].rename(columns=COLUMNS_OF_EXAMPLES).astype(str)
    commands["example_id"] = f"{seed}/{arm}/" + commands["example_id"]
    commands["teacher_id"] = f"{seed}/" + commands["teacher_id"]
    return commands
