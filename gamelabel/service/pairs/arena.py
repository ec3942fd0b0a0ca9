"""The live ranking of models: it counts the votes, and chooses which pairs are dealt next."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, exists, func, insert, select

from gamelabel.games.annotation.model_ranking import OUTCOMES, ModelRanking, rank_models
from gamelabel.games.annotation.model_ranking_choice import choose_comparisons
from gamelabel.games.annotation.model_ranking_file import RankedModels
from gamelabel.service.database_tables import players
from gamelabel.service.pairs.arena_tables import arena_models, arena_pairs, model_votes
from gamelabel.service.pairs.pair_tables import assignments, pairs
from gamelabel.service.store import Store

# The votes are counted again after so many times as long as it took: 5% of a processor at most.
_REST = 20

_HAD = exists().where(
    assignments.c.player == bindparam("player"), assignments.c.pair == arena_pairs.c.pair
)
# pairs of two models that the player has not had, from a place on
_NEXT_PAIRS = (
    select(pairs.c.id, pairs.c.prompt, pairs.c.prompt_id)
    .join(arena_pairs, arena_pairs.c.pair == pairs.c.id)
    .where(arena_pairs.c.model_a == bindparam("model_a"))
    .where(arena_pairs.c.model_b == bindparam("model_b"))
    .where(arena_pairs.c.place >= bindparam("start"))
    .where(~pairs.c.retired, ~_HAD)
    .order_by(arena_pairs.c.place)
    .limit(bindparam("n"))
)
_OF_BATCH = (
    select(assignments.c.id, assignments.c.left, arena_pairs)
    .join(arena_pairs, arena_pairs.c.pair == assignments.c.pair)
    .where(assignments.c.batch == bindparam("batch"))
)


class Arena:
    """The ranking of the models of a file, as long as the service runs.

    Parameters
    ----------
    store : Store
        The database, into which `load_models` has loaded the models.
    models : RankedModels
        The models.
    """

    def __init__(self, store: Store, models: RankedModels) -> None:
        self.store, self.models, self.pool = store, models, models.pool
        query = select(arena_models.c.name, arena_models.c.id)
        with store.read() as connection:
            rows = connection.execute(query.where(arena_models.c.pool == self.pool)).all()
            ids = {row.name: row.id for row in rows}
            places = select(func.max(arena_pairs.c.place)).join(pairs)
            last = connection.execute(places.where(pairs.c.pool == self.pool)).scalar()
        self._ids = [ids[name] for name in models.models]
        self._numbers = {model: number for number, model in enumerate(self._ids)}
        self._n_places = (last or 0) + 1
        self._counting = threading.Lock()
        self._due = 0.0
        self.counts = self._count()
        self.ranking = rank_models(models.models, self.counts)

    @property
    def votes(self) -> int:
        """The number of votes that are counted."""
        return int(self.counts.sum())

    @property
    def end(self) -> str:
        """Why no more votes are asked for: "decided", "most votes", or "" while they are."""
        if self.ranking.order_confidence >= self.models.confidence:
            return "decided"
        return "most votes" if 0 < self.models.most_votes <= self.votes else ""

    def refresh(self) -> ModelRanking:
        """Count the votes again if that is due, and return the ranking.

        Votes of removed players do not count, nor do those of players who withdrew.
        """
        if time.monotonic() >= self._due and self._counting.acquire(blocking=False):
            try:
                started = time.monotonic()
                counts = self._count()
                if not np.array_equal(counts, self.counts):
                    self.ranking = rank_models(self.models.models, counts)
                    self.counts = counts
                now = time.monotonic()
                self._due = now + _REST * (now - started)
            finally:
                self._counting.release()
        return self.ranking

    def choose(
        self, connection: Connection, player: int, n: int, rng: np.random.Generator
    ) -> list[Row[Any]]:
        """Return the pairs that a player should label next: up to n that the player has not had.

        Parameters
        ----------
        connection : Connection
            Of a transaction.
        player : int
            The player's row.
        n : int
            How many pairs.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        list of Row
            Rows of `pairs` with `id`, `prompt` and `prompt_id`.
        """
        chosen: list[Row[Any]] = []
        for i, j in choose_comparisons(self.ranking, n, rng):
            model_a, model_b = sorted((self._ids[i], self._ids[j]))
            values = {"model_a": model_a, "model_b": model_b, "player": player, "n": n}
            start = int(rng.integers(self._n_places))
            rows = [*connection.execute(_NEXT_PAIRS, {**values, "start": start})]
            if len(rows) < n:
                rows += [*connection.execute(_NEXT_PAIRS, {**values, "start": 0})]
            row = _first_new(rows, chosen)
            if row is not None:
                chosen.append(row)
        return chosen

    def votes_of(
        self, connection: Connection, player: int, batch: str, choices: Mapping[str, str]
    ) -> list[dict[str, int]]:
        """Return the votes on models that the choices of a batch are.

        Parameters
        ----------
        connection : Connection
            Of a transaction.
        player : int
            The player's row.
        batch : str
            The batch.
        choices : mapping of str to str
            The picture chosen of each item, "a" or "b", or "tie".

        Returns
        -------
        list of dict
            Rows of `model_votes`.
        """
        votes = []
        for row in connection.execute(_OF_BATCH, {"batch": batch}):
            left, right = row.model_a, row.model_b
            if row.left == "b":
                left, right = right, left
            outcome = "left" if choices[row.id] == row.left else "right"
            outcome = "tie" if choices[row.id] == "tie" else outcome
            vote = {"player": player, "pair": row.pair, "outcome": OUTCOMES[outcome]}
            votes.append({**vote, "model_left": left, "model_right": right})
        return votes

    def store_votes(self, connection: Connection, votes: Sequence[Mapping[str, int]]) -> None:
        """Store votes from `votes_of`."""
        if votes:
            connection.execute(insert(model_votes), votes)

    def _count(self) -> NDArray[np.int64]:
        """Count the votes by the model on the left, the model on the right, and the outcome."""
        removed = select(players.c.id).where(players.c.state == "removed")
        columns = model_votes.c.model_left, model_votes.c.model_right, model_votes.c.outcome
        query = (
            select(*columns, func.count())
            .where(model_votes.c.model_left.in_(self._ids), model_votes.c.player.not_in(removed))
            .group_by(*columns)
        )
        counts = np.zeros((len(self._ids), len(self._ids), 3), np.int64)
        with self.store.read() as connection:
            for left, right, outcome, n in connection.execute(query):
                counts[self._numbers[left], self._numbers[right], outcome] = n
        return counts


def _first_new(rows: Sequence[Any], chosen: Sequence[Row[Any]]) -> Row[Any] | None:
    """Return the first row that is not chosen, of a prompt that is not in the batch if possible."""
    prompts = {row.prompt_id for row in chosen}
    new = [row for row in rows if all(row.id != other.id for other in chosen)]
    return next((row for row in new if row.prompt_id not in prompts), new[0] if new else None)
