"""What must hold after a soak: no label lost or doubled, each reward once, nothing that grows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

import psutil
from sqlalchemy import func, select

from benchmarks.soak_game import Backend
from benchmarks.soak_players import Record
from gamelabel.service.database_tables import players, rewards
from gamelabel.service.pairs.pair_tables import assignments, batches, pairs
from gamelabel.service.store import Store

_GROWTH = 0.05  # of the memory, from the second quarter to the last
_MORE_FILES = 12  # that may stay open: the database's connections


class Sample(NamedTuple):
    """What a process holds: resident memory in MiB, open files, and threads."""

    memory: float
    files: int
    threads: int

    @classmethod
    def take(cls, pid: int) -> Sample:
        """Measure a process."""
        process = psutil.Process(pid)
        with process.oneshot():
            memory = process.memory_info().rss / 2**20
            return cls(memory, process.num_fds(), process.num_threads())


def label_faults(store: Store, record: Record) -> Iterator[str]:
    """Yield what is wrong with the labels that are stored, given what was acknowledged."""
    kept = {batch: one for batch, one in record.answered.items() if batch not in record.withdrawn}
    with store.read() as connection:
        query = select(batches.c.id, batches.c.reply).where(batches.c.reply.is_not(None))
        replies = {row.id: row.reply for row in connection.execute(query)}
        items: dict[str, dict[str, str]] = {}
        answered = assignments.c.choice.is_not(None)
        for row in connection.execute(select(assignments).where(answered)):
            side = "left" if row.choice == row.left else "right"
            items.setdefault(row.batch, {})[row.id] = side
        served = connection.execute(select(func.sum(pairs.c.served))).scalar() or 0
    yield from _differences("batches that were acknowledged and are not stored", kept, replies)
    yield from _differences("batches that are stored and were not acknowledged", replies, kept)
    wrong = [batch for batch in kept if items.get(batch) != kept[batch].choices]
    yield from _some("batches whose stored choices are others", wrong)
    wrong = [b for b in kept if json.dumps(replies.get(b)) != json.dumps(kept[b].reply)]
    yield from _some("batches whose stored reply is another", wrong)
    yield from _differences("answered items of unknown batches", items, kept)
    if served != 5 * len(record.dealt):
        yield f"{served} pairs were counted as dealt, and players got {5 * len(record.dealt)}"


def reward_faults(store: Store, record: Record, games: Sequence[Backend]) -> Iterator[str]:
    """Yield what is wrong with the rewards that the games have."""
    due = {one.reply["reward"]["id"]: one for one in record.answered.values()}
    paid = {jti: (game.game_id, *one[:2]) for game in games for jti, one in game.paid.items()}
    yield from _differences("rewards that were due and not delivered", due, paid)
    yield from _differences("rewards that were delivered and not due", paid, due)
    expected = {
        jti: (one.game, one.launch, one.reply["reward"]["amount"]) for jti, one in due.items()
    }
    wrong = [jti for jti in paid if jti in expected and paid[jti] != expected[jti]]
    yield from _some("rewards of another game, launch or amount", wrong)
    with store.read() as connection:
        states = select(rewards.c.state, func.count()).group_by(rewards.c.state)
        counts = {state: n for state, n in connection.execute(states)}
        orphans = select(func.count()).where(rewards.c.player.is_(None))
        n_orphans = connection.execute(orphans).scalar() or 0
        withdrawn = select(players.c.id).where(players.c.state == "withdrawn")
        left = sum(
            connection.execute(
                select(func.count()).where(table.c.player.in_(withdrawn)).select_from(table)
            ).scalar_one()
            for table in (assignments, batches, rewards)
        )
    kept = len(record.answered.keys() - record.withdrawn)
    if counts != {"delivered": kept}:
        yield f"the table of rewards has {counts}, and should have {kept} delivered"
    if n_orphans or left:
        yield f"players who withdrew have {left} rows, and {n_orphans} rewards have no player"


def growth_faults(samples: Sequence[Sample], first: Sample, last: Sample) -> Iterator[str]:
    """Yield whether memory or open files have grown in a process that ran all the time.

    Parameters
    ----------
    samples : sequence of Sample
        Taken at equal times.
    first, last : Sample
        While no player was there: before all, and after all.
    """
    n = len(samples) // 4
    early, late = samples[n : 2 * n], samples[3 * n :]
    memory = [median(sample.memory for sample in part) for part in (early, late)]
    if memory[1] > (1 + _GROWTH) * memory[0]:
        yield f"memory grew from {memory[0]:.1f} to {memory[1]:.1f} MiB"
    if last.files > first.files + _MORE_FILES:
        yield f"{last.files} files are open, and {first.files} before the players came"


def summary(samples: Sequence[Sample]) -> str:
    """Return the medians of each quarter."""
    n = max(1, len(samples) // 4)
    quarters = [samples[i : i + n] for i in range(0, 4 * n, n)]
    parts = [
        f"{median(s.memory for s in part):.1f} MiB, {median(s.files for s in part):.0f} files, "
        f"{median(s.threads for s in part):.0f} threads"
        for part in quarters
        if part
    ]
    return "; ".join(parts)


def _differences(what: str, these: Mapping[str, Any], those: Mapping[str, Any]) -> Iterator[str]:
    yield from _some(what, sorted(these.keys() - those.keys()))


def _some(what: str, ids: Sequence[str]) -> Iterator[str]:
    if ids:
        yield f"{len(ids)} {what}: {', '.join(ids[:3])}"
