"""Make the answers and layouts of this folder again. No person gave them: they are SIMULATED.

Run it in this folder: `python make_answers.py`.
"""

import shutil
from itertools import combinations
from pathlib import Path

import numpy as np

from gamelabel.games.annotation.layouts.answer_collector import AnswerCollector
from gamelabel.games.annotation.layouts.answer_files import write_answer_files
from gamelabel.games.annotation.layouts.answer_set import RowPlace
from gamelabel.games.annotation.layouts.layout_registry import ANSWER_LAYOUTS, export_answers
from gamelabel.games.annotation.project_file import AnnotationPrompt, read_annotation_project
from gamelabel.games.annotation.task_kinds import RATINGS, prompt_words

HERE = Path(__file__).parent
ANSWERED_MS = 1_767_225_600_000  # 1 January 2026
rng = np.random.default_rng(0)
project = read_annotation_project(HERE / "scenes.yaml")
issues = list(next(task.options for task in project.tasks if task.kind == "issues"))
CATEGORIES = {"circles": "several", "star": "two", "triangle": "two"}

collector = AnswerCollector(HERE)


def add(
    person: str, prompt: AnnotationPrompt, kind: str, pictures: list[str], **value: object
) -> None:
    """Add an answer of a person to a prompt."""
    place, response_ms = RowPlace("simulated", 0), int(rng.integers(2_000, 9_000))
    collector.add(place, person, prompt.prompt_id, kind, pictures, value, response_ms, ANSWERED_MS)


def annotate(person: str, prompt: AnnotationPrompt, quality: np.ndarray) -> None:
    """Add the answers of a person, who perceives the quality of pictures with some error."""
    names = list(prompt.pictures)
    seen = quality + rng.normal(0, 0.7, len(quality))
    add(person, prompt, "categorise", [], category=CATEGORIES[prompt.prompt_id], problematic=False)
    for name, score in zip(names, seen, strict=True):
        ratings = np.clip(np.rint(3 + score + rng.normal(0, 0.5, 3)), 1, 7).astype(int).tolist()
        add(person, prompt, "rate", [name], **dict(zip(RATINGS, ratings, strict=True)))
        wrong, n_words = bool(score < 1), len(prompt_words(prompt.text))
        add(person, prompt, "issues", [name], issues=[str(rng.choice(issues))] * wrong)
        add(person, prompt, "words", [name], words=[int(rng.integers(n_words))] * wrong)
        points = rng.uniform(0.3, 0.7, (int(wrong), 2)).tolist()
        add(person, prompt, "regions", [name], points=points)
    grades = np.rint(seen)
    values = sorted(set(grades), reverse=True)
    add(person, prompt, "rank", names, places=[values.index(grade) + 1 for grade in grades])
    for pair in combinations(range(len(names)), 2):
        left, right = pair if rng.random() < 0.5 else pair[::-1]
        chosen = names[right if seen[right] > seen[left] else left]
        add(person, prompt, "compare", [names[left], names[right]], chosen=chosen)


for number, prompt in enumerate(project.prompts):
    place, names = RowPlace("scenes.yaml", number), prompt.pictures
    collector.add_prompt(place, prompt.prompt_id, prompt.text, names)
    quality = rng.permutation(len(names)).astype(float)
    for person in ("SIMULATED-1", "SIMULATED-2"):
        annotate(person, prompt, quality)

assert not collector.result.rejected
for name in ("answers", *ANSWER_LAYOUTS):
    shutil.rmtree(HERE / "layouts" / name, ignore_errors=True)
(HERE / "layouts/answers").mkdir(parents=True)
write_answer_files(collector.result, HERE / "layouts/answers")
for name in ANSWER_LAYOUTS:
    export_answers(HERE / "layouts/answers", HERE / "layouts" / name, name, None)
