"""Processor time of an example that is taught through the service, beside the model's answer alone.

    python -m benchmarks.bench_teaching
    python -m benchmarks.bench_teaching 10               # teachers

SIMULATED teachers ask for their lesson, act, and teach in one round, all at once and one after the
other. The time is that of the whole process: service, database (SQLite) and the teachers' clients.
The model is AC-Seq2Seq at width 64, whose answer each teacher is shown; the same answers are asked
of it alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch

from benchmarks.timing import parse_size
from tests.service.dungeon.teach_harness import Teacher, TeachService

LEARNER = "gamelabel.following.small_dungeon_learner:SmallDungeonLearner"
EACH = 5  # examples of a teacher


def processor_ms(work: Callable[[], object], n_examples: int) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start) / n_examples


def main(n_teachers: int) -> None:
    torch.set_num_threads(1)
    n = n_teachers * EACH
    with tempfile.TemporaryDirectory() as folder:
        rounds = {"least": 1, "most": 4 * EACH, "pilot": 50}
        url = f"sqlite:///{folder}/game.db"
        school = TeachService(url, Path(folder) / "descent", learner=LEARNER, **rounds)
        school.run("open")
        people = [school.teacher(f"teacher {i}") for i in range(n_teachers)]

        def teach(person: Teacher, words: str) -> None:
            person.give(*(f"{words} number {i}" for i in range(EACH)))

        def at_once(words: str) -> None:
            with ThreadPoolExecutor(n_teachers) as pool:
                list(pool.map(lambda person: teach(person, words), people))

        at_once("warm up")
        together = processor_ms(lambda: at_once("please go on"), n)
        alone = processor_ms(lambda: [teach(person, "go on now") for person in people], n)
        model = school.classroom.descent.model()
        names = school.classroom.descent.teachers()
        examples = [e for name in names for e in school.classroom.descent.open_examples(name)][:n]
        answer = processor_ms(lambda: [model.predict([example]) for example in examples], n)
        school.close()
    print(f"{n_teachers} teachers at once: {together:.1f} ms of processor time an example")
    print(f"  one after the other: {alone:.1f} ms")
    print(f"  the model's answer alone: {answer:.1f} ms, {together / answer:.1f} times less")


if __name__ == "__main__":
    main(parse_size(__doc__, 10, "teachers"))
