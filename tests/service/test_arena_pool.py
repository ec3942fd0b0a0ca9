"""Loading the pictures of models: what is new is added, and what would lose votes is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select, update

from gamelabel.games.annotation.model_ranking_file import RankedModels
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.pairs.arena_board import leaderboard_body
from gamelabel.service.pairs.arena_pool import load_models, renew_known_answers
from gamelabel.service.pairs.known_answers import make_watch_points
from gamelabel.service.pairs.pair_tables import pairs
from gamelabel.service.store import Store
from tests.service.databases import make_database
from tests.service.harness import template

PROMPTS = {f"p{i}": f"thing{i}" for i in range(8)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    url = f"sqlite:///{tmp_path / 'game.db'}"
    make_database(url, template("sqlite"))
    opened = Store(url)
    yield opened
    opened.close()


def models_of(folder: Path, *names: str) -> RankedModels:
    """Models with pictures twice as wide as high."""
    pictures = {}
    for number, name in enumerate(names):
        pictures[name] = {prompt: folder / f"{name}-{prompt}.png" for prompt in PROMPTS}
        for path in pictures[name].values():
            Image.new("RGB", (16, 8), (255, 16 * number, 0)).save(path)
    return RankedModels("models", "Models", 0.95, 0, PROMPTS, pictures)


def rows(store: Store) -> list:
    with store.read() as connection:
        return list(connection.execute(select(pairs).order_by(pairs.c.id)))


def test_every_two_models_make_a_pair_and_every_answer_is_known_by_the_prompt(
    store: Store, tmp_path: Path
) -> None:
    assert load_models(store, models_of(tmp_path, "x", "y", "z"), size=16) == 3 * 8
    stocks = [row.stock for row in rows(store)]
    assert (stocks.count("exam"), stocks.count("watch")) == (40, 8)
    for row in rows(store):
        own = [f"{model}/{row.prompt_id}" for model in row.model.split(" beside ")]
        if row.kind == "preference":
            assert [row.image_a, row.image_b] == own
        else:
            right, wrong = (row.image_a, row.image_b)[:: 1 if row.gold == "a" else -1]
            assert [right] == own
            assert wrong != right
            assert wrong.partition("/")[0] == row.model  # a style does not tell the answer
    assert make_watch_points(store, "models") == 0  # those of a pool of a run


def test_known_answers_for_newcomers_are_renewed_until_all_are_made(
    store: Store, tmp_path: Path
) -> None:
    models = models_of(tmp_path, "x", "y", "z")
    load_models(store, models, size=16)
    assert renew_known_answers(store, models) == 0  # none has been used
    made = []
    for _ in range(3):
        with store.write() as connection:
            connection.execute(update(pairs).where(pairs.c.stock == "exam").values(served=2))
        made.append(renew_known_answers(store, models))
    # 3 models with 8 prompts beside 7 others, less 40 for exams and 8 for later at the start
    assert made == [60, 60, 0]
    points = [row.pair_id for row in rows(store) if row.gold]
    assert len(set(points)) == len(points) == 3 * 8 * 7


def test_what_is_loaded_stays_and_a_new_model_joins(store: Store, tmp_path: Path) -> None:
    load_models(store, models_of(tmp_path, "x", "y"), size=16)
    before = rows(store)
    assert load_models(store, models_of(tmp_path, "x", "y"), size=16) == 0
    assert rows(store) == before
    assert load_models(store, models_of(tmp_path, "new", "x", "y"), size=16) == 2 * 8
    assert rows(store)[: len(before)] == before
    assert Arena(store, models_of(tmp_path, "new", "x", "y")).ranking.table["votes"].sum() == 0


def test_the_leaderboard_names_groups_that_are_not_connected(store: Store, tmp_path: Path) -> None:
    models = models_of(tmp_path, "x", "y", "z")
    load_models(store, models, size=16)
    body = leaderboard_body(Arena(store, models))
    assert not body["connected"]
    assert "3 groups were never compared with each other. The groups: x; y; z" in body["separation"]


def test_what_would_lose_votes_or_cannot_be_judged_is_an_error(
    store: Store, tmp_path: Path
) -> None:
    models = models_of(tmp_path, "x", "y")
    load_models(store, models, size=16)
    with pytest.raises(ValueError, match="has the model 'y', which the file of models does not"):
        load_models(store, models_of(tmp_path, "x", "z"), size=16)
    changed = replace(models, prompts={**PROMPTS, "p3": "another thing"})
    with pytest.raises(ValueError, match="has another text for the prompt 'p3'"):
        load_models(store, changed, size=16)
    alike = replace(models, pool="alike", prompts=dict.fromkeys(PROMPTS, "a thing"))
    with pytest.raises(ValueError, match="no two prompts of the file of models 'alike' differ"):
        load_models(store, alike, size=16)
    broken = models_of(tmp_path, "v", "w")
    broken.pictures["w"]["p5"].write_text("not a picture")
    with pytest.raises(ValueError, match=r"w-p5\.png is not a picture \(cannot identify"):
        load_models(store, replace(broken, pool="broken"), size=16)
    assert {row.pool for row in rows(store)} == {"models"}  # all or nothing
