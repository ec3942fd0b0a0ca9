"""What annotators are asked: the kinds of tasks, and the order in which they come for a prompt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby
from typing import NamedTuple

# Asked about one picture after the other; the others are asked once for a prompt.
PICTURE_KINDS = ("rate", "issues", "words", "regions")
# Which say which of two pictures is better, those that say it most directly first.
PAIR_KINDS = ("compare", "rank", "rate")
# Whose answers are one of several, so that people can agree on them: a stopping rule needs one.
STOPPING_KINDS = ("categorise", *PAIR_KINDS)
TASK_QUESTIONS = {
    "categorise": "What are these words about?",
    "rate": "How good is this picture for these words?",
    "issues": "Does this picture have any of these problems?",
    "words": "Which important words does this picture not show?",
    "regions": "Where is something wrong in this picture?",
    "rank": "Which place does each picture take, from best to worst?",
    "compare": "Which picture fits these words better?",
}
TASK_KINDS = tuple(TASK_QUESTIONS)
RATINGS = ("overall", "alignment", "fidelity")
HIGHEST_RATING = 7
FEWEST_PICTURES, MOST_PICTURES, FEWEST_RANKED = 2, 9, 4
# The seven check boxes of ImageReward's annotation page.
ISSUES = {
    "repeated": "Something is repeated so that it looks unreal",
    "body": "A body is wrong, such as too many fingers",
    "blurry": "Too blurry to see what it shows",
    "discomfort": "It causes psychological discomfort",
    "sexual": "It has sexual content",
    "violent": "It has violent content",
    "defaming": "It defames a group of people",
}


def counted_kinds(kinds: Collection[str]) -> list[str]:
    """Return which of a project's kinds of tasks a stopping rule counts.

    These are the category, and the kind that says most directly which of two pictures is better.

    Parameters
    ----------
    kinds : collection of str
        Of the project's tasks.

    Examples
    --------
    >>> counted_kinds(["categorise", "rate", "issues", "rank"])
    ['categorise', 'rank']
    """
    category = ["categorise"] if "categorise" in kinds else []
    pairs = [kind for kind in PAIR_KINDS if kind in kinds]
    return category + pairs[:1]


@dataclass(frozen=True)
class AnnotationTask:
    """A task that is asked for every prompt of a project.

    Parameters
    ----------
    kind : str
        One of `TASK_KINDS`.
    question : str
        What annotators read above it.
    options : mapping
        The text of each issue or category by its name; empty for other kinds.
    """

    kind: str
    question: str
    options: Mapping[str, str] = field(default_factory=dict)


class AnnotationStep(NamedTuple):
    """A question that is answered at once.

    Attributes
    ----------
    task : AnnotationTask
        What is asked.
    pictures : tuple of int
        About which pictures of the prompt, numbered from 0.
    """

    task: AnnotationTask
    pictures: tuple[int, ...]


def annotation_steps(tasks: Sequence[AnnotationTask], n_pictures: int) -> list[AnnotationStep]:
    """Return the steps in which an annotator answers all tasks for a prompt.

    Tasks about one picture that follow each other are asked together: all of them for the first
    picture, then all of them for the second. `compare` is asked for every pair of pictures.

    Parameters
    ----------
    tasks : sequence of AnnotationTask
        The tasks of a project, in order.
    n_pictures : int
        How many pictures the prompt has.

    Examples
    --------
    >>> tasks = [AnnotationTask(kind, "") for kind in ("rate", "issues", "compare")]
    >>> [(step.task.kind, step.pictures) for step in annotation_steps(tasks, 2)]
    [('rate', (0,)), ('issues', (0,)), ('rate', (1,)), ('issues', (1,)), ('compare', (0, 1))]
    """
    numbers = range(n_pictures)
    steps: list[AnnotationStep] = []
    for is_about_one, group in groupby(tasks, lambda task: task.kind in PICTURE_KINDS):
        if is_about_one:
            together = list(group)
            steps += [AnnotationStep(task, (number,)) for number in numbers for task in together]
            continue
        for task in group:
            steps += [AnnotationStep(task, pictures) for pictures in _pictures(task.kind, numbers)]
    return steps


def _pictures(kind: str, numbers: range) -> list[tuple[int, ...]]:
    """Return the pictures of each step of a task that is not about one picture."""
    if kind == "categorise":
        return [()]
    if kind == "compare":
        return list(combinations(numbers, 2))
    return [tuple(numbers)]


def prompt_words(prompt: str) -> list[str]:
    """Return the words of a prompt, with their punctuation, as `words` numbers them from 0.

    Examples
    --------
    >>> prompt_words("clouds and birds, day time")
    ['clouds', 'and', 'birds,', 'day', 'time']
    """
    return prompt.split()
