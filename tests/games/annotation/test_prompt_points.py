"""Known answers among the prompts that everybody is asked make the stated confidence honest."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gamelabel.games.annotation.known_prompts import Asked, KnownAnswer, KnownPrompt
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_file import AnnotationPrompt
from gamelabel.games.annotation.prompt_points import PromptPoints, PromptVote
from gamelabel.games.annotation.quality_file import QualityRules, Trust
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.games.annotation.task_kinds import AnnotationTask

FILES = ("x.png", "y.png")
PEOPLE = 40


def make_project(n_open, known=(), maximum=10):
    """Return a project of pairs in which the better pictures of some prompts are known."""
    prompts = tuple(AnnotationPrompt(f"p{i}", "", FILES) for i in range(n_open))
    answered = tuple(
        KnownPrompt(
            AnnotationPrompt(f"k{i}", "", FILES),
            {Asked("compare", (0, 1)): KnownAnswer({"chosen": better}, "")},
        )
        for i, better in enumerate(known)
    )
    trust = Trust(0.2, answered, 0.65) if answered else None
    rule, tasks = StoppingRule(0.9, maximum=maximum), (AnnotationTask("compare", ""),)
    quality = QualityRules(trust=trust)
    return AnnotationProject(Path(), "", "", tasks, prompts, 0, 1, rule, quality)


class Crowd:
    """SIMULATED people, right in .6 to .95, who err together: most are wrong on some prompts."""

    def __init__(self, seed, n_open=200, n_known=100, tricky=4, known_tricky=4):
        self.rng = np.random.default_rng(seed)
        self.truth = {f"p{i}": int(self.rng.integers(2)) for i in range(n_open)}
        self.known = [int(self.rng.integers(2)) for _ in range(n_known)]
        better = self.truth | {f"k{i}": answer for i, answer in enumerate(self.known)}
        every = {"p": tricky, "k": known_tricky}
        self.tricky = {name: int(name[1:]) % every[name[0]] == 0 for name in better}
        self.skill = self.rng.uniform(0.6, 0.95, PEOPLE)
        self.better = better

    def vote(self, prompt_id, person):
        p_right = 0.2 if self.tricky[prompt_id] else self.skill[person]
        better = self.better[prompt_id]
        chosen = better if self.rng.random() < p_right else 1 - better
        return PromptVote(f"{prompt_id}-{person}", prompt_id, person, "01", {0: {"chosen": chosen}})

    def answer_until_closed(self, project):
        """Return the points of a project, all of them closed; everybody is asked known prompts."""
        points = PromptPoints(project)
        for number in range(len(self.known) if project.quality.trust else 0):
            for person in self.rng.permutation(PEOPLE).tolist():
                points.add(self.vote(f"k{number}", person))
        order = {name: self.rng.permutation(PEOPLE).tolist() for name in self.truth}
        while still_open := [n for n in self.truth if order[n] and not points.state(n).closed]:
            for name in still_open:
                points.add(self.vote(name, order[name].pop()))
            points.refit()
        return points


def gap(crowd, table):
    """Return the mean confidence minus the share of right answers."""
    right = table["answer"] == table["prompt_id"].map(crowd.truth).map(dict(enumerate(FILES)))
    return float(table["confidence"].mean() - right.mean())


@pytest.mark.parametrize("seed", [0, 1])
def test_with_known_answers_the_confidence_of_people_who_err_together_is_honest(seed) -> None:
    gaps = []
    for uses_known in (False, True):
        crowd = Crowd(seed)
        project = make_project(len(crowd.truth), crowd.known if uses_known else ())
        gaps.append(gap(crowd, crowd.answer_until_closed(project).table()))
    assert gaps[0] > 0.1
    assert abs(gaps[1]) < gaps[0] / 2


def test_few_known_answers_change_nothing_even_if_the_file_has_them_wrong() -> None:
    crowd = Crowd(4, n_known=30, tricky=1000, known_tricky=1000)
    votes = [crowd.vote(name, person) for name in crowd.better for person in range(4)]
    means = []
    for n_known in (0, 5, 30):
        points = PromptPoints(make_project(200, [1 - better for better in crowd.known[:n_known]]))
        for vote in votes:
            points.add(vote)
        points.refit()
        means.append(points.table()["confidence"].mean())
    assert means[1] == pytest.approx(means[0], abs=0.02)
    assert means[2] < 0.7 < means[0]


def test_after_a_restart_all_is_the_same_and_known_points_are_in_no_table() -> None:
    crowd = Crowd(5)
    project = make_project(len(crowd.truth), crowd.known)
    votes = [crowd.vote(f"k{i}", person) for i in range(100) for person in range(12)]
    votes += [crowd.vote(name, person) for name in crowd.truth for person in range(3)]
    tables = []
    for _ in range(2):
        points = PromptPoints(project)
        for vote in [*votes, *votes[:50]]:  # a vote that comes twice counts once
            points.add(vote)
        points.refit()
        tables.append(points.table())
    pd.testing.assert_frame_equal(*tables)
    assert set(tables[0]["prompt_id"]) == set(crowd.truth)  # no known prompts
    assert "k0" not in points
    assert points.n_counted("k0") == 12
