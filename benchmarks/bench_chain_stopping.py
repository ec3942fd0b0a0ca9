"""How many people a stopping rule asks where pictures are ranked in ImageReward's chain of tasks.

    python -m benchmarks.bench_chain_stopping        # 40 prompts
    python -m benchmarks.bench_chain_stopping 150

SIMULATED annotators answer a drawn project: category, ratings, issues, words, and a ranking of 4 to
9 pictures. Each prompt has the answers of ten; it is asked until the rule closes it. Prints the
number of people a prompt, and why prompts and pairs were closed.
"""

import dataclasses
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.timing import parse_size
from gamelabel.games.annotation.drawn_project import draw_project
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_points import PromptPoints, PromptVote
from gamelabel.games.annotation.simulated_annotators import AnnotatorAssumptions, annotate_project
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.games.annotation.task_kinds import annotation_steps

CHAIN = ("categorise", "rate", "issues", "words", "rank")
MOST, PEOPLE = 10, 40
RULES = [
    StoppingRule(confidence, quorum, maximum=MOST)
    for confidence, quorum in ((0.9, None), (0.8, None), (0.9, 4), (0.9, 3), (0.9, 2))
]


def simulated_votes(n_prompts: int) -> tuple[AnnotationProject, dict[str, list[PromptVote]]]:
    """Return a project, and all votes on each prompt in a random order."""
    with tempfile.TemporaryDirectory() as folder:
        project, truth = draw_project(Path(folder), n_prompts, seed=0)
        tasks = tuple(task for task in project.tasks if task.kind in CHAIN)
        project = dataclasses.replace(project, tasks=tasks, annotators=MOST)
        assumptions = AnnotatorAssumptions()
        tables = annotate_project(project, truth, PEOPLE, assumptions, 0, Path(folder))
    keys = ["prompt_id", "annotator_id"]
    categories = tables["categorise"].set_index(keys)["category"]
    places = {key: rows.set_index("picture")["place"] for key, rows in tables["rank"].groupby(keys)}
    rng, votes = np.random.default_rng(0), {}
    for prompt in project.prompts:
        steps = annotation_steps(tasks, len(prompt.pictures))
        number = {step.task.kind: n for n, step in enumerate(steps)}
        people = [annotator for prompt_id, annotator in places if prompt_id == prompt.prompt_id]
        votes[prompt.prompt_id] = []
        for person in rng.permutation(people).tolist():
            key = prompt.prompt_id, person
            place = places[key].loc[list(prompt.pictures)].to_numpy()
            tied = [np.flatnonzero(place == p).tolist() for p in sorted(set(place))]
            answers = {
                number["categorise"]: {"category": categories[key]},
                number["rank"]: {"places": tied},
            }
            shown = "".join(map(str, range(len(place))))
            votes[prompt.prompt_id].append(PromptVote("-".join(key), *key, shown, answers))
    return project, votes


def asked_until_closed(
    project: AnnotationProject, votes: dict[str, list[PromptVote]]
) -> PromptPoints:
    """Return the points of a project after as many votes as its rule asks for."""
    points = PromptPoints(project)
    for number in range(MOST):
        for prompt_id, of_prompt in votes.items():
            if points.state(prompt_id).closed is None:
                points.add(of_prompt[number])
        points.refit()
    return points


def report(n_prompts: int) -> None:
    """Print the figures of each rule."""
    project, votes = simulated_votes(n_prompts)
    for rule in RULES:
        points = asked_until_closed(dataclasses.replace(project, stop=rule), votes)
        people = np.mean([points.n_counted(prompt_id) for prompt_id in votes])
        closed = Counter(points.state(prompt_id).closed or "open" for prompt_id in votes)
        reasons = ", ".join(f"{n / len(votes):.0%} {reason}" for reason, n in closed.items())
        table = points.table()
        pairs: pd.Series = table[table["kind"] == "rank"]["stopped"].value_counts(normalize=True)
        of_pairs = ", ".join(f"{share:.0%} {reason}" for reason, share in pairs.items())
        print(f"confidence {rule.confidence}, quorum {rule.quorum}, maximum {rule.maximum}:")
        print(f"  {people:.1f} people a prompt; prompts: {reasons}; pairs: {of_pairs}", flush=True)


if __name__ == "__main__":
    report(parse_size(__doc__, 40, "prompts of the project"))
