"""What annotators have shown with known answers, how much work that allows, and when it ends."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import betaincc
from sqlalchemy import Connection, select, update

from gamelabel.games.annotation.quality_file import Trust
from gamelabel.games.pairs.gate import Posterior
from gamelabel.service.annotation.quality_tables import annotation_workers
from gamelabel.service.store import Store


class WorkerStanding(NamedTuple):
    """A person's standing in a project, with the columns of `annotation_workers`."""

    qualified: bool = False
    failed_tries: int = 0
    try_right: int = 0
    try_wrong: int = 0
    right: int = 0
    wrong: int = 0
    credit: float = 0.0
    debit: float = 0.0


def read_worker(connection: Connection, player: int, project: str) -> WorkerStanding:
    """Return a person's standing; that of a new one if there is none."""
    columns = [annotation_workers.c[name] for name in WorkerStanding._fields]
    query = select(*columns).filter_by(player=player, project=project)
    row = connection.execute(query).first()
    return WorkerStanding(*row) if row else WorkerStanding()


def store_worker(
    store: Store, connection: Connection, player: int, project: str, worker: WorkerStanding
) -> None:
    """Store a person's standing."""
    key = {"player": player, "project": project}
    store.insert_new(connection, annotation_workers, **key)
    change = update(annotation_workers).filter_by(**key)
    connection.execute(change.values(worker._asdict()))


def judged(trust: Trust, worker: WorkerStanding, right: int, wrong: int) -> WorkerStanding:
    """Return the standing after known answers in the work."""
    credit, debit = _gate(trust).update(
        np.array([worker.credit]), np.array([worker.debit]), np.array([right]), np.array([wrong])
    )
    return worker._replace(
        right=worker.right + right,
        wrong=worker.wrong + wrong,
        credit=credit.item(),
        debit=debit.item(),
    )


def is_below(trust: Trust, worker: WorkerStanding) -> bool:
    """Whether a person's rate of right answers is almost surely below the bound."""
    removes = _gate(trust).removes(np.array([worker.credit]), np.array([worker.debit]))
    return bool(removes.item())


def allowance(trust: Trust, worker: WorkerStanding, n_known: int) -> int:
    """Return how many prompts a person may annotate besides those with known answers.

    For each prompt with known answers, and one at the beginning, twice as many as there are between
    two of them on average, times the probability that the person's rate of right answers is at
    least the bound.

    Parameters
    ----------
    trust : Trust
        The rules.
    worker : WorkerStanding
        The person's standing.
    n_known : int
        How many prompts with known answers the person has finished.

    Examples
    --------
    >>> trust = Trust(share=0.25, known=(), least=0.65)
    >>> allowance(trust, WorkerStanding(), 0), allowance(trust, WorkerStanding(debit=3.0), 1)
    (5, 1)
    """
    gate = _gate(trust)
    right, wrong = gate.prior[0] + worker.credit, gate.prior[1] + worker.debit
    probability: Any = betaincc(right, wrong, trust.least)
    return int((1 + n_known) * 2 / trust.share * float(probability))


def _gate(trust: Trust) -> Posterior:
    return Posterior(min_accuracy=trust.least)
