"""How long dealing and judging prompts of an annotation project takes with 100,000 open ones.

    python -m benchmarks.bench_annotation        # 115,000 prompts, more than 100,000 of them open
    python -m benchmarks.bench_annotation 5000

The project asks which of two pictures is better and has a stopping rule. The answers are SIMULATED:
20,000 prompts have two, 20,000 have one, and one person has given 5,000 (fewer of each in a smaller
project). Prints processor time of this process, SQLite included, HTTP not.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, insert, select

from benchmarks.timing import parse_size, timed
from gamelabel.games.annotation.project_file import AnnotationProject
from gamelabel.games.annotation.prompt_file import AnnotationPrompt
from gamelabel.games.annotation.stopping_rule import StoppingRule
from gamelabel.games.annotation.task_kinds import AnnotationTask
from gamelabel.service.annotation.annotation_tables import (
    annotation_answers,
    annotation_items,
    annotation_pictures,
    annotation_projects,
    annotation_prompts,
)
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.annotation.load_project import count_again
from gamelabel.service.database_tables import game_keys, games, players, sessions
from gamelabel.service.keys import new_keys
from gamelabel.service.people import session_values
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store

NAME, PEOPLE, BUSY = "bench", 400, 0
CALLS = 300
FILES = ("x.png", "y.png")


def make_project(n_prompts: int) -> AnnotationProject:
    """Return a project that asks which of two pictures is better."""
    prompts = tuple(AnnotationPrompt(f"p{i}", f"prompt {i}", FILES) for i in range(n_prompts))
    tasks, rule = (AnnotationTask("compare", "Which is better?"),), StoppingRule(0.95, maximum=10)
    return AnnotationProject(
        path=Path(), title="", guidelines="", tasks=tasks, prompts=prompts, annotators=0, coins=1,
        stop=rule,
    )  # fmt: skip


def simulated_answers(n_prompts: int) -> NDArray[np.int64]:
    """Return rows of prompt, person and chosen picture; people are right in 80%."""
    rng = np.random.default_rng(0)
    n = n_prompts * 20 // 115
    prompt = np.concatenate([np.arange(n), np.arange(2 * n)])
    person = 1 + rng.integers(PEOPLE // 2 - 1, size=len(prompt))
    person[:n] += PEOPLE // 2  # nobody answers twice
    person[: n // 4] = BUSY
    chosen = (rng.random(len(prompt)) < 0.8).astype(np.int64)
    return np.column_stack([prompt, person, chosen])


def fill(store: Store, settings: Settings, project: AnnotationProject) -> None:
    """Store people with sessions, the prompts without pictures, and the answers."""
    ids = range(PEOPLE)
    item_values = {"shown": "01", "reply": {}}
    answers = simulated_answers(len(project.prompts)).tolist()
    with store.write() as connection:
        game = {"game_id": "g", "title": "g", "origin": "g", "reward_url": "", "coin": "c"}
        connection.execute(insert(games).values(game))
        keys = {"game_id": "g", "audience": settings.audience, "launch_keys": "k"}
        connection.execute(insert(game_keys).values(keys))
        person = {"game_id": "g", "state": "active", "consented": True}
        connection.execute(insert(players), [{"id": i, "pseudonym": str(i), **person} for i in ids])
        session = {"launch": "l", "expires_at": settings.now_ms + 10**9}
        tokens = [session_values(settings, f"s{i}")["token_hash"] for i in ids]
        rows = [{"player": i, "token_hash": tokens[i], **session} for i in ids]
        connection.execute(insert(sessions), rows)
        connection.execute(insert(annotation_projects).values(project=NAME, tasks=[]))
        prompts = [
            {"id": i, "prompt_id": prompt.prompt_id, "prompt": prompt.text, "place": i}
            for i, prompt in enumerate(project.prompts)
        ]
        connection.execute(insert(annotation_prompts), [{"project": NAME, **p} for p in prompts])
        picture = {"width": 1, "height": 1, "data": b""}
        pictures = [
            {"prompt": i, "number": number, "name": name, **picture}
            for i in range(len(prompts))
            for number, name in enumerate(FILES)
        ]
        connection.execute(insert(annotation_pictures), pictures)
        items = [
            {"id": str(i), "prompt": prompt, "player": player, **item_values}
            for i, (prompt, player, _) in enumerate(answers)
        ]
        connection.execute(insert(annotation_items), items)
        answered = [
            {"item": str(i), "step": 0, "player": player, "kind": "compare",
             "answer": {"chosen": chosen}}
            for i, (_, player, chosen) in enumerate(answers)
        ]  # fmt: skip
        connection.execute(insert(annotation_answers), answered)
        count_again(connection)


def milliseconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time of a call and its result."""
    start = time.process_time()
    result = work()
    return 1000 * (time.process_time() - start), result


def report_calls(work: AnnotationWork, people: list[int], who: str) -> None:
    """Print how long it takes to deal a prompt, and to store and judge its answer."""
    rng, dealing, judging = np.random.default_rng(1), [], []
    for person in people:
        session = f"s{person}"
        took, item = milliseconds(lambda session=session: work.open_item(session))
        dealing.append(took)
        answer = {"chosen": int(rng.integers(2))}
        took, _ = milliseconds(
            lambda session=session, item=item, answer=answer: work.answer_step(
                session, item["item"], 0, answer, None
            )
        )
        judging.append(took)
    for what, times in (("dealt", dealing), ("answered and judged", judging)):
        middle, most = np.median(times), np.quantile(times, 0.99)
        print(f"  {who}: {what} in {middle:.2f} ms (99% under {most:.2f})")


def report(n_prompts: int) -> None:
    """Fill a database, and print the figures."""
    project = make_project(n_prompts)
    with tempfile.TemporaryDirectory() as folder:
        store, settings = Store(str(Path(folder) / "game.db")), Settings(new_keys())
        fill(store, settings, project)
        took, work = milliseconds(lambda: AnnotationWork(store, settings, project, NAME))
        again, _ = timed(work.stopping.rebuild, rounds=1)
        open_ = annotation_prompts.c.closed.is_(None)
        with store.read() as connection:
            counted = select(func.count()).select_from(annotation_prompts)
            n_open = connection.execute(counted.where(open_)).scalar_one()
            counted = select(func.count()).select_from(annotation_answers)
            n_answers = connection.execute(counted).scalar_one()
        print(f"{n_open:,} of {n_prompts:,} prompts open, {n_answers:,} SIMULATED answers")
        print(f"  first start {took / 1000:.1f} s, judged again in {again:.1f} s")
        report_calls(work, list(range(1, 1 + CALLS)), "new people")
        report_calls(work, [BUSY] * CALLS, "somebody with many answers")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  the process had at most {memory:.0f} MiB")
        store.close()


if __name__ == "__main__":
    report(parse_size(__doc__, 115_000, "prompts of the project"))
