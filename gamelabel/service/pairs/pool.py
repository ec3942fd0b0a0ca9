"""Data points into the service: the pairs of a run, their pictures made alike, kept in the database."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import Connection, func, insert, select, update

from gamelabel.service.database_tables import pairs, pictures, pools
from gamelabel.service.store import Store
from gamelabel.tables import read_table

SIDE = 384  # pixels of a picture as sent, either way
_AGAIN = 1130 / 6800  # share of preferences served again and again, as in `game.Deck`
_STUDY = [
    "pair_id",
    "prompt_id",
    "prompt",
    "kind",
    "image_a",
    "image_b",
    "seed_a",
    "seed_b",
    "model",
    "gold",
]


def load_run(store: Store, run_dir: str | Path, pool: str, seed: int = 0, side: int = SIDE) -> int:
    """Put the pairs of a run, and their pictures, into a pool; returns how many were new to it.

    All of them or, where a picture cannot be read, none. Raises what `read_table` raises, ValueError for a picture
    that is none, and for a pool without comparison points, which could judge nobody.
    """
    table, folder = read_table(run_dir, "pairs"), Path(run_dir)
    rng = np.random.default_rng(seed)
    table["again"] = (table.kind == "preference").to_numpy() & (rng.random(len(table)) < _AGAIN)
    table["place"] = rng.permutation(len(table))
    with store.write() as connection:
        store.add_new(connection, pools, pool=pool, length=0)
        connection.execute(
            select(pools).where(pools.c.pool == pool).with_for_update()
        )  # one process after the other
        known = set(
            connection.execute(select(pairs.c.pair_id).where(pairs.c.pool == pool)).scalars()
        )
        new = table[~table.pair_id.isin(known) & table.image_a.notna()]
        for row in new.astype(object).where(new.notna(), None).to_dict("records"):
            _add(
                connection,
                pool,
                row,
                [alike(folder / row[name], side) for name in ("image_a", "image_b")],
            )
        longest = select(func.max(func.length(pictures.c.data))).where(pictures.c.pool == pool)
        length = connection.execute(longest).scalar() or 0
        connection.execute(update(pools).where(pools.c.pool == pool).values(length=length))
        counts = select(func.count()).where(pairs.c.pool == pool, pairs.c.kind == "comparison")
        if not connection.execute(counts).scalar():
            raise ValueError(
                f"{run_dir} has no comparison points with pictures: run notebooks/02_images.ipynb there"
            )
    return len(new)


def alike(path: Path, side: int) -> bytes:
    """A picture as all are sent: one size, one encoding, nothing but pixels. Raises ValueError where it is none."""
    try:
        with Image.open(path) as image:
            pixels = image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    except OSError as error:
        raise ValueError(
            f"{path} is no picture ({error}): draw it again with notebooks/02_images.ipynb"
        ) from error
    out = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(out, "JPEG", quality=90, subsampling=0)
    return out.getvalue()


def _add(connection: Connection, pool: str, row: dict, encoded: list[bytes]) -> None:
    one = insert(pictures).returning(pictures.c.id)
    a, b = (connection.execute(one, {"pool": pool, "data": data}).scalar_one() for data in encoded)
    values = {name: row[name] for name in (*_STUDY, "again", "place")}
    connection.execute(insert(pairs).values(pool=pool, picture_a=a, picture_b=b, **values))
