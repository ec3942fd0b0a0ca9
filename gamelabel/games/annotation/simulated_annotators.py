"""SIMULATED annotators of a drawn project, who answer through the real rules.

Each answer is checked by `check_annotation` and stored by `answer_rows`, as the answers of people
are. What annotators perceive is assumed; `AnnotatorAssumptions` has all of it in one table. Nothing
that was put in there is found by an analysis of the answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gamelabel.games.annotation.answer_tables import (
    StoredAnswer,
    answer_rows,
    write_answer_table,
)
from gamelabel.games.annotation.answers import check_annotation
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_file import AnnotationPrompt
from gamelabel.games.annotation.task_kinds import (
    HIGHEST_RATING,
    RATINGS,
    AnnotationStep,
    annotation_steps,
    prompt_words,
)

_MOST_CARELESS_TAPS = 3  # on a picture, at random places


def _assumed(default: float, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class AnnotatorAssumptions:
    """What is assumed about annotators; none of it was measured on people. See `table`."""

    careless: float = _assumed(0.1, "share of annotators who answer at random")
    leniency: float = _assumed(0.5, "SD over annotators of what they add to all ratings, points")
    rating_noise: float = _assumed(0.8, "SD of a rating, points")
    alignment_weight: float = _assumed(0.6, "weight of alignment in overall; the rest is fidelity")
    rank_noise: float = _assumed(0.5, "SD of a picture's worth when ranked or compared, points")
    tie: float = _assumed(0.3, "difference below which pictures share a place, points")
    issue_seen: float = _assumed(0.8, "probability that an issue is ticked that a picture has")
    issue_false: float = _assumed(0.01, "probability that one is ticked that it does not have")
    word_seen: float = _assumed(0.8, "probability that a word is marked that is not shown")
    word_false: float = _assumed(0.02, "probability that one is marked that is shown")
    place_seen: float = _assumed(0.8, "probability that an object is tapped that does not fit")
    place_noise: float = _assumed(0.03, "SD of a tap, shares of the picture's width and height")
    place_false: float = _assumed(0.03, "probability of a tap where nothing is wrong")
    category_right: float = _assumed(0.9, "probability that the category of a prompt is right")
    problematic: float = _assumed(0.01, "probability that a prompt is called problematic")

    def table(self) -> pd.DataFrame:
        """Return all assumptions: name, value, meaning.

        >>> AnnotatorAssumptions().table().value["careless"]
        np.float64(0.1)
        """
        rows = {f.name: (getattr(self, f.name), f.metadata["meaning"]) for f in fields(self)}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "meaning"])


@dataclass(frozen=True)
class Annotator:
    """A simulated annotator."""

    annotator_id: str
    careless: bool
    leniency: float


def draw_annotators(
    count: int, assumptions: AnnotatorAssumptions, rng: np.random.Generator
) -> list[Annotator]:
    """Draw annotators.

    >>> drawn = draw_annotators(2, AnnotatorAssumptions(), np.random.default_rng(0))
    >>> [annotator.annotator_id for annotator in drawn]
    ['annotator-00', 'annotator-01']
    """
    return [
        Annotator(
            f"annotator-{number:02d}",
            bool(rng.random() < assumptions.careless),
            float(rng.normal(0, assumptions.leniency)),
        )
        for number in range(count)
    ]


def annotate_project(
    project: AnnotationProject,
    truth: pd.DataFrame,
    annotators: int,
    assumptions: AnnotatorAssumptions,
    seed: int,
    folder: Path,
) -> dict[str, pd.DataFrame]:
    """Let simulated annotators answer a project, and write the tables of their answers.

    Parameters
    ----------
    project : AnnotationProject
        The project; each prompt is annotated by as many as it says.
    truth : DataFrame
        What is right about each picture, from `draw_project`.
    annotators : int
        Number of annotators; each prompt draws its own from them.
    assumptions : AnnotatorAssumptions
        What is assumed about them.
    seed : int
        Seed of annotators and answers.
    folder : Path
        Where the tables are written.

    Returns
    -------
    dict of str to DataFrame
        The tables as they were written, by the names of `ANSWER_TABLES`: a table for each kind of
        task of the project, and "prompts".

    Raises
    ------
    ValueError
        If there are fewer annotators than a prompt needs.
    """
    if annotators < project.annotators:
        raise ValueError(
            f"{annotators} annotators are too few: a prompt needs {project.annotators}"
        )
    rng = np.random.default_rng(seed)
    people = draw_annotators(annotators, assumptions, rng)
    pictures = truth.set_index("picture")
    rows: dict[str, list[dict[str, Any]]] = {task.kind: [] for task in project.tasks}
    for prompt in project.prompts:
        steps = annotation_steps(project.tasks, len(prompt.pictures))
        known = pictures.loc[list(prompt.pictures)].to_dict("records")
        for number in rng.choice(annotators, project.annotators, replace=False):
            person = people[number]
            mind = _Mind(person, prompt, known, assumptions, rng)
            for step in _in_random_order(steps, len(prompt.pictures), rng):
                answer = check_annotation(step, prompt.text, mind.answer(step))
                stored = _stored(person, prompt, step, answer)
                rows[step.task.kind] += answer_rows(stored)
    rows["prompts"] = [{"prompt_id": p.prompt_id, "prompt": p.text} for p in project.prompts]
    for name, table in rows.items():
        write_answer_table(table, folder, name)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in rows}


def _in_random_order(
    steps: Sequence[AnnotationStep], n_pictures: int, rng: np.random.Generator
) -> list[AnnotationStep]:
    """Return steps as one person sees them, with pictures beside each other in a random order."""
    place = rng.permutation(n_pictures)
    return [
        AnnotationStep(step.task, tuple(sorted(step.pictures, key=place.__getitem__)))
        for step in steps
    ]


def _stored(
    person: Annotator, prompt: AnnotationPrompt, step: AnnotationStep, answer: dict[str, Any]
) -> StoredAnswer:
    kind, about = step.task.kind, "-".join(map(str, step.pictures))
    name = f"{person.annotator_id}-{prompt.prompt_id}-{kind}-{about}"
    ids = (name, person.annotator_id, prompt.prompt_id)
    return StoredAnswer(*ids, prompt.text, kind, prompt.pictures, step.pictures, answer, None, None)


class _Mind:
    """What one annotator makes of one prompt."""

    def __init__(
        self,
        person: Annotator,
        prompt: AnnotationPrompt,
        known: Sequence[Mapping[str, Any]],
        assumptions: AnnotatorAssumptions,
        rng: np.random.Generator,
    ) -> None:
        self.person, self.prompt, self.known = person, prompt, known
        self.assumptions, self.rng = assumptions, rng

    def answer(self, step: AnnotationStep) -> dict[str, Any]:
        """Return an answer as the page would send it."""
        kind = step.task.kind
        if kind == "rate":
            return self._ratings(self.known[step.pictures[0]])
        if kind == "issues":
            names = list(step.task.options)
            ticked = self._marked(names, self.known[step.pictures[0]]["issues"], "issue")
            return {"issues": ticked}
        if kind == "words":
            numbers = list(range(len(prompt_words(self.prompt.text))))
            return {"words": self._marked(numbers, self.known[step.pictures[0]]["missing"], "word")}
        if kind == "regions":
            return {"points": self._points(self.known[step.pictures[0]]["wrong"])}
        if kind == "rank":
            return {"places": self._places(step.pictures)}
        if kind == "compare":
            felt = self._felt_worth(step.pictures)
            return {"chosen": max(step.pictures, key=felt.__getitem__)}
        return self._category(list(step.task.options))

    def _worth(self, picture: Mapping[str, Any]) -> dict[str, float]:
        """Return what a picture is worth, in points of a rating."""
        weight = self.assumptions.alignment_weight
        shares = {"alignment": picture["alignment"], "fidelity": picture["fidelity"]}
        shares["overall"] = weight * shares["alignment"] + (1 - weight) * shares["fidelity"]
        return {name: 1 + (HIGHEST_RATING - 1) * shares[name] for name in RATINGS}

    def _ratings(self, picture: Mapping[str, Any]) -> dict[str, int]:
        if self.person.careless:
            return {name: int(self.rng.integers(1, HIGHEST_RATING + 1)) for name in RATINGS}
        worth, noise = self._worth(picture), self.assumptions.rating_noise
        felt = {
            name: value + self.person.leniency + self.rng.normal(0, noise)
            for name, value in worth.items()
        }
        return {name: int(np.clip(round(x), 1, HIGHEST_RATING)) for name, x in felt.items()}

    def _marked(self, names: list[Any], present: Sequence[Any], what: str) -> list[Any]:
        """Return what is marked of a list: issues, or numbers of words."""
        seen = getattr(self.assumptions, f"{what}_seen")
        false = getattr(self.assumptions, f"{what}_false")
        if self.person.careless:
            seen = false = 1 / len(names)
        return [name for name in names if self.rng.random() < (seen if name in present else false)]

    def _points(self, wrong: Sequence[tuple[float, float]]) -> list[list[float]]:
        """Return where a picture is tapped, of the places where something is wrong."""
        if self.person.careless:
            n = self.rng.integers(_MOST_CARELESS_TAPS + 1)
            return [self.rng.random(2).tolist() for _ in range(n)]
        taps = [
            self.rng.normal(place, self.assumptions.place_noise)
            for place in wrong
            if self.rng.random() < self.assumptions.place_seen
        ]
        if self.rng.random() < self.assumptions.place_false:
            taps.append(self.rng.random(2))
        return [np.clip(tap, 0, 1).tolist() for tap in taps]

    def _felt_worth(self, pictures: Sequence[int]) -> dict[int, float]:
        """Return what pictures are worth to this person at this moment, by their numbers."""
        noise = 10.0 if self.person.careless else self.assumptions.rank_noise
        return {
            picture: self._worth(self.known[picture])["overall"] + self.rng.normal(0, noise)
            for picture in pictures
        }

    def _places(self, pictures: Sequence[int]) -> list[list[int]]:
        felt = self._felt_worth(pictures)
        ordered = sorted(pictures, key=lambda picture: -felt[picture])
        places = [[ordered[0]]]
        for picture in ordered[1:]:
            # against the first of a place, so that small differences do not add up to one tie
            if felt[places[-1][0]] - felt[picture] < self.assumptions.tie:
                places[-1].append(picture)
            else:
                places.append([picture])
        return places

    def _category(self, categories: list[str]) -> dict[str, Any]:
        right = self.known[0]["category"]
        is_right = not self.person.careless and self.rng.random() < self.assumptions.category_right
        chosen = right if is_right else str(self.rng.choice(categories))
        problematic = bool(self.rng.random() < self.assumptions.problematic)
        return {"category": chosen, "problematic": problematic}
