"""Load the pairs of a run into the service: their pictures are re-encoded and stored."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from sqlalchemy import Connection, func, insert, select, update

from gamelabel.games.pairs.deck import draw_shared
from gamelabel.service.pairs.known_answers import make_watch_points
from gamelabel.service.pairs.pair_tables import pairs, pictures, pools
from gamelabel.service.store import Store
from gamelabel.tables import read_table
from gamelabel.tables.schema import TABLES
from gamelabel.tables.upright_pictures import upright_rgb

_BANDS = (128, 128, 128)
PICTURE_SIZE = 384  # pixels of a picture as sent, width and height
# How many new points of each kind a label of a player past the exam takes. Of these labels a
# quarter are of comparison points, and of the labels of either kind .7 are of new points.
_NEW_POINTS = {"preference": 0.75 * 0.7, "watch": 0.25 * 0.7}


def load_run(
    store: Store, run_dir: str | Path, pool: str, seed: int = 0, size: int = PICTURE_SIZE
) -> int:
    """Add the pairs of a run and their pictures to a pool: all that are new, or none.

    Parameters
    ----------
    store : Store
        The database.
    run_dir : str or Path
        The run's folder, with `pairs.parquet` and the pictures.
    pool : str
        The pool; it is made if it does not exist.
    seed : int
        Decides which pairs are labeled by several players, and their order. Which of them become
        comparison points is secret, and does not depend on it; see `make_watch_points`.
    size : int
        Width and height of the pictures, in pixels.

    Returns
    -------
    int
        How many pairs were new.

    Raises
    ------
    FileNotFoundError
        If the run has no table of pairs.
    ValueError
        If a picture cannot be read, or the pool would have no comparison points: without them
        no player could be judged.
    """
    table, folder = read_table(run_dir, "pairs"), Path(run_dir)
    rng = np.random.default_rng(seed)
    is_preference = (table.kind == "preference").to_numpy()
    table["shared"] = draw_shared(len(table), rng) & is_preference
    table["place"] = rng.permutation(len(table))
    with store.write() as connection:
        store.insert_new(connection, pools, pool=pool, length=0)
        # one process after the other
        connection.execute(select(pools).where(pools.c.pool == pool).with_for_update())
        query = select(pairs.c.pair_id).where(pairs.c.pool == pool)
        known = set(connection.execute(query).scalars())
        new = table[~table.pair_id.isin(known) & table.image_a.notna()]
        for row in new.astype(object).where(new.notna(), None).to_dict("records"):
            _add_pair(connection, pool, row, folder, size)
        set_length(connection, pool)
        _require_comparisons(connection, pool, folder)
    make_watch_points(store, pool)
    return len(new)


def labels_left(connection: Connection, pool: str) -> int:
    """Return for about how many labels of players past the exam a pool has new points.

    Afterwards points come back that others have had, one kind before the other. Then players who
    tell each other what they have seen can tell comparison points from preferences.
    """
    counts = {}
    for stock in _NEW_POINTS:
        is_new = (pairs.c.stock == stock) & (pairs.c.served == 0) & ~pairs.c.retired
        query = select(func.count()).select_from(pairs).where(pairs.c.pool == pool, is_new)
        counts[stock] = connection.execute(query).scalar_one()
    return int(min(counts[stock] / share for stock, share in _NEW_POINTS.items()))


def points_needed(labels: int) -> int:
    """Return how many preference points a run needs for a number of labels past the exam."""
    return math.ceil(labels * sum(_NEW_POINTS.values()))


def encode_picture(path: Path, size: int) -> bytes:
    """Return a picture as players get it: one square size, one encoding, no metadata.

    A picture that is not square gets grey bands.

    Raises
    ------
    ValueError
        If the file is not a picture.
    """
    try:
        with Image.open(path) as image:
            square, method = (size, size), Image.Resampling.BICUBIC
            pixels = ImageOps.pad(upright_rgb(image), square, method, color=_BANDS)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{path.absolute()} is not a picture ({error}): run notebooks/02_images.ipynb again"
        ) from error
    content = io.BytesIO()
    # from an array, which has no metadata
    Image.fromarray(np.asarray(pixels)).save(content, "JPEG", quality=90, subsampling=0)
    return content.getvalue()


def _add_pair(
    connection: Connection, pool: str, row: dict[str, Any], folder: Path, size: int
) -> None:
    picture_ids = {}
    for side in ("a", "b"):
        data = encode_picture(folder / row[f"image_{side}"], size)
        picture = insert(pictures).values(pool=pool, data=data).returning(pictures.c.id)
        picture_ids[f"picture_{side}"] = connection.execute(picture).scalar_one()
    values = {name: row[name] for name in (*TABLES["pairs"], "shared", "place")}
    values["stock"] = "exam" if row["kind"] == "comparison" else "preference"
    connection.execute(insert(pairs).values(pool=pool, **picture_ids, **values))


def set_length(connection: Connection, pool: str) -> None:
    """Store the length that all pictures of a pool have when they are sent."""
    query = select(func.max(func.length(pictures.c.data))).where(pictures.c.pool == pool)
    length = connection.execute(query).scalar() or 0
    connection.execute(update(pools).where(pools.c.pool == pool).values(length=length))


def _require_comparisons(connection: Connection, pool: str, folder: Path) -> None:
    query = select(func.count()).where(pairs.c.pool == pool, pairs.c.kind == "comparison")
    if not connection.execute(query).scalar():
        raise ValueError(
            f"{folder.absolute()} has no comparison points with pictures: "
            "run notebooks/02_images.ipynb for it"
        )
