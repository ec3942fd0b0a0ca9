"""Load the pictures of models into a pool: pairs of two models, and points with known answers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, func, insert, select

from gamelabel.games.annotation.model_ranking_file import BESIDE, RankedModels
from gamelabel.games.pairs.deck import draw_shared
from gamelabel.games.pairs.decoys import content_words
from gamelabel.service.pairs.arena_tables import arena_models, arena_pairs
from gamelabel.service.pairs.known_answers import (
    EXAM_RENEWAL,
    EXAM_RESERVE,
    WATCH_SHARE,
    exam_reserve,
)
from gamelabel.service.pairs.pair_tables import pairs, pictures, pools
from gamelabel.service.pairs.pool import PICTURE_SIZE, encode_picture, set_length
from gamelabel.service.store import Store


class _Picture(NamedTuple):
    """A picture in the database: its row, and its name in exports."""

    row: int
    name: str


_Pictures = dict[tuple[str, str], _Picture]  # by model and prompt


def load_models(store: Store, models: RankedModels, size: int = PICTURE_SIZE) -> int:
    """Add what is new of the models' prompts and pictures to their pool: all of it, or nothing.

    Every two models make a pair for each prompt. Points with known answers show a picture of a
    prompt beside the same model's picture of another prompt, which shares no word with it: as many
    for exams as a pool of a run has, and for players past the exam a fixed share of all points.

    Parameters
    ----------
    store : Store
        The database.
    models : RankedModels
        From `read_models`.
    size : int
        Width and height of the pictures, in pixels.

    Returns
    -------
    int
        How many pairs of two models are new.

    Raises
    ------
    ValueError
        If a picture cannot be read, the pool has a model or text that the file does not have, or
        no two prompts differ in all words.
    """
    rng = np.random.default_rng()  # unpredictable: who could repeat it would know answers
    with store.write() as connection:
        store.insert_new(connection, pools, pool=models.pool, length=0)
        # one process after the other
        connection.execute(select(pools).where(pools.c.pool == models.pool).with_for_update())
        _check_prompts(connection, models)
        ids = _add_models(connection, models)
        shown = _add_pictures(connection, models, size)
        n_new = _add_pairs(connection, models, ids, shown, rng)
        _add_first_known_answers(connection, models, shown, rng)
        set_length(connection, models.pool)
    return n_new


def renew_known_answers(store: Store, models: RankedModels) -> int:
    """Make points for exams if few are left that fewer than `EXAM_SIGHTINGS` players have had.

    They are of other pairs of prompts than those before. When all have been made, players get
    points that more of them have had.

    Parameters
    ----------
    store : Store
        The database.
    models : RankedModels
        Models that `load_models` has loaded.

    Returns
    -------
    int
        How many points were made.
    """
    with store.read() as connection:
        if exam_reserve(connection, models.pool) >= EXAM_RESERVE:
            return 0
    rng = np.random.default_rng()
    with store.write() as connection:
        connection.execute(select(pools).where(pools.c.pool == models.pool).with_for_update())
        if exam_reserve(connection, models.pool) >= EXAM_RESERVE:  # another process has made some
            return 0
        known = _known_pictures(connection, models.pool)
        shown = {
            (model, prompt_id): _Picture(known[f"{model}/{prompt_id}"], f"{model}/{prompt_id}")
            for model, files in models.pictures.items()
            for prompt_id in files
        }
        return _add_known_answers(connection, models, shown, rng, ["exam"] * EXAM_RENEWAL)


def _check_prompts(connection: Connection, models: RankedModels) -> None:
    query = select(pairs.c.prompt_id, pairs.c.prompt).where(pairs.c.pool == models.pool).distinct()
    for prompt_id, text in connection.execute(query):
        if models.prompts.get(prompt_id, text) != text:
            raise ValueError(
                f"the pool {models.pool!r} has another text for the prompt {prompt_id!r}, on which "
                "people may have voted: give the changed prompt an id of its own"
            )


def _add_models(connection: Connection, models: RankedModels) -> dict[str, int]:
    """Return the ids of all models by name."""
    query = select(arena_models.c.name, arena_models.c.id)
    query = query.where(arena_models.c.pool == models.pool)
    ids = {row.name: row.id for row in connection.execute(query)}
    unlisted = sorted(set(ids) - set(models.models))
    if unlisted:
        raise ValueError(
            f"the pool {models.pool!r} has the model {unlisted[0]!r}, which the file of models "
            "does not list: list it again, or rename the file for a new ranking"
        )
    for name in models.models:
        if name not in ids:
            row = insert(arena_models).values(pool=models.pool, name=name)
            ids[name] = connection.execute(row.returning(arena_models.c.id)).scalar_one()
    return ids


def _add_pictures(connection: Connection, models: RankedModels, size: int) -> _Pictures:
    known = _known_pictures(connection, models.pool)
    shown = {}
    for model, files in models.pictures.items():
        for prompt_id, path in files.items():
            name = f"{model}/{prompt_id}"
            if name not in known:
                try:
                    data = encode_picture(path, size)
                except ValueError as error:
                    raise ValueError(f"{path} is not a picture ({error.__cause__})") from error
                row = insert(pictures).values(pool=models.pool, data=data)
                known[name] = connection.execute(row.returning(pictures.c.id)).scalar_one()
            shown[model, prompt_id] = _Picture(known[name], name)
    return shown


def _known_pictures(connection: Connection, pool: str) -> dict[str, int]:
    """Return the rows of the pictures that are in the database, by name."""
    known: dict[str, int] = {}
    for side in ("a", "b"):
        columns = pairs.c[f"image_{side}"], pairs.c[f"picture_{side}"]
        query = select(*columns).where(pairs.c.pool == pool).distinct()
        known |= {name: picture for name, picture in connection.execute(query)}
    return known


def _add_pairs(
    connection: Connection,
    models: RankedModels,
    ids: dict[str, int],
    shown: _Pictures,
    rng: np.random.Generator,
) -> int:
    known = _pair_ids(connection, models.pool)
    rows, of_models = [], {}
    for prompt_id in models.prompts:
        for model_a, model_b in combinations(sorted(models.models, key=ids.__getitem__), 2):
            pair_id = f"{prompt_id}:{ids[model_a]}:{ids[model_b]}"
            if pair_id not in known:
                of_models[pair_id] = ids[model_a], ids[model_b]
                both = shown[model_a, prompt_id], shown[model_b, prompt_id]
                row = _row(models, pair_id, prompt_id, both, f"{model_a}{BESIDE}{model_b}")
                rows.append({**row, "kind": "preference", "gold": None, "stock": "preference"})
    places = rng.permutation(len(rows)).tolist()
    # shared: a player who has had all pairs that the ranking asks for gets any others
    for row, place in zip(rows, places, strict=True):
        row.update(shared=True, place=place)
    _insert(connection, rows)
    pair_rows = _pair_ids(connection, models.pool)
    new = [
        {"pair": pair_rows[pair_id], "model_a": model_a, "model_b": model_b, "place": place}
        for (pair_id, (model_a, model_b)), place in zip(of_models.items(), places, strict=True)
    ]
    if new:
        connection.execute(insert(arena_pairs), new)
    return len(new)


def _add_first_known_answers(
    connection: Connection, models: RankedModels, shown: _Pictures, rng: np.random.Generator
) -> None:
    """Add points with known answers until there are enough of both kinds."""
    query = select(pairs.c.stock, func.count()).where(pairs.c.pool == models.pool)
    there = {stock: n for stock, n in connection.execute(query.group_by(pairs.c.stock))}
    n_watch = round(WATCH_SHARE / (1 - WATCH_SHARE) * there.get("preference", 0))
    n_exam = EXAM_RESERVE - exam_reserve(connection, models.pool)
    stock_of_new = ["exam"] * n_exam + ["watch"] * max(n_watch - there.get("watch", 0), 0)
    n_new = _add_known_answers(connection, models, shown, rng, stock_of_new)
    if not n_new and "exam" not in there:
        raise ValueError(
            f"no two prompts of the file of models {models.pool!r} differ in all words, so no "
            "answer can be known and nobody could be judged: add prompts of other things"
        )


def _add_known_answers(
    connection: Connection,
    models: RankedModels,
    shown: _Pictures,
    rng: np.random.Generator,
    stock_of_new: list[str],
) -> int:
    """Add points with known answers of some stocks, as many as there are; return how many."""
    known = _pair_ids(connection, models.pool)
    rows = []
    candidates = _decoys(models, rng)
    for stock in stock_of_new:
        point = next((point for point in candidates if _known_id(*point) not in known), None)
        if point is None:
            break
        prompt_id, model, decoy = point
        both = shown[model, prompt_id], shown[model, decoy]
        gold = "ab"[int(rng.integers(2))]
        row = _row(models, _known_id(*point), prompt_id, both if gold == "a" else both[::-1], model)
        rows.append({**row, "kind": "comparison", "gold": gold, "stock": stock})
    places = rng.permutation(len(rows)).tolist()
    shared = draw_shared(len(rows), rng).tolist()
    _insert(
        connection,
        [
            {**row, "place": place, "shared": is_shared and row["stock"] == "watch"}
            for row, place, is_shared in zip(rows, places, shared, strict=True)
        ],
    )
    return len(rows)


def _decoys(models: RankedModels, rng: np.random.Generator) -> Iterator[tuple[str, str, str]]:
    """Yield prompt, model and other prompt in random order, each picture before any comes again."""
    ids, names = list(models.prompts), models.models
    words = {prompt_id: content_words(text) for prompt_id, text in models.prompts.items()}
    others = rng.permutation(len(ids)).tolist()
    for shift in range(1, len(ids)):
        for number in rng.permutation(len(ids) * len(names)).tolist():
            place, model = number % len(ids), names[number // len(ids)]
            prompt_id, decoy = ids[others[place]], ids[others[(place + shift) % len(ids)]]
            if not words[prompt_id] & words[decoy]:
                yield prompt_id, model, decoy


def _known_id(prompt_id: str, model: str, decoy: str) -> str:
    return f"{prompt_id}:{model}:not:{decoy}"


def _row(
    models: RankedModels, pair_id: str, prompt_id: str, both: tuple[_Picture, ...], model: str
) -> dict[str, Any]:
    first, second = both
    return {
        "pool": models.pool,
        "pair_id": pair_id,
        "prompt_id": prompt_id,
        "prompt": models.prompts[prompt_id],
        "image_a": first.name,
        "image_b": second.name,
        "picture_a": first.row,
        "picture_b": second.row,
        "seed_a": None,
        "seed_b": None,
        "model": model,
    }


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(pairs), rows)


def _pair_ids(connection: Connection, pool: str) -> dict[str, int]:
    query = select(pairs.c.pair_id, pairs.c.id).where(pairs.c.pool == pool)
    return {row.pair_id: row.id for row in connection.execute(query)}
