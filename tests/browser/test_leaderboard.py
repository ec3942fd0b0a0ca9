"""The leaderboard of an arena in a browser: what it says, on a phone and on a desktop."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert

from gamelabel.games.annotation.model_ranking_file import read_models
from gamelabel.service.database_tables import games, players
from gamelabel.service.keys import new_keys
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.pairs.arena_pool import load_models
from gamelabel.service.pairs.arena_tables import model_votes
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.start import operator_app
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.browser.conftest import Running, free_port
from tests.browser.test_demo import Open
from tests.browser.test_operator_page import KEY, log_in
from tests.service.test_arena import write_models

MODELS = {"a-model-with-a-long-name": 2.0, "weak": -1.0, "weaker": -3.0}
ROWS = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"


@pytest.fixture
def arena(tmp_path: Path) -> Iterator[Arena]:
    """An arena of three models without votes."""
    store = Store(f"sqlite:///{tmp_path / 'game.db'}")
    models = read_models(write_models(tmp_path, MODELS))
    load_models(store, models, size=16)
    yield Arena(store, models)
    store.close()


def add_votes(arena: Arena, votes_each: int) -> None:
    """Add SIMULATED votes of one person on every two models."""
    rng, strengths, rows = np.random.default_rng(0), list(MODELS.values()), []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        chance = 1 / (1 + np.exp(strengths[j] - strengths[i]))
        for is_won, is_left in rng.random((votes_each, 2)) < [chance, 0.5]:
            left, right = (i, j) if is_left else (j, i)
            outcome = 2 if is_won == is_left else 0
            models = {"model_left": arena._ids[left], "model_right": arena._ids[right]}
            rows.append({"player": len(rows) + 1, "pair": 1, "outcome": outcome, **models})
    with arena.store.write() as connection:
        game = {"game_id": "g", "title": "g", "origin": "g", "reward_url": ""}
        connection.execute(insert(games).values(**game, coin="coins"))
        people = [{"id": row["player"], "pseudonym": str(row["player"])} for row in rows]
        each = {"game_id": "g", "state": "active"}
        connection.execute(insert(players), [{**person, **each} for person in people])
        connection.execute(insert(model_votes), rows)


def test_the_leaderboard_follows_the_votes(arena: Arena, open_page: Open) -> None:
    port = free_port()
    settings = Settings(new_keys(), {KEY: "anna"})
    running = Running(operator_app(arena.store, settings, PairSettings(arena=arena)), port)
    try:
        page = open_page(f"http://127.0.0.1:{port}/leaderboards/models", width=390, height=844)
        log_in(page, KEY)
        page.locator("#verdict", has_text="There are no votes yet.").wait_for()
        assert page.locator("#warning").is_hidden()
        add_votes(arena, 150)
        arena._due = 0.0
        page.reload()
        page.locator("#verdict.decided", has_text="with 450 votes").wait_for()
        rows = page.eval_on_selector_all("#ranking tbody tr", ROWS)
        assert [row[:2] for row in rows] == [[str(i + 1), name] for i, name in enumerate(MODELS)]
        matrix: list[Any] = page.eval_on_selector_all("#matrix tbody tr", ROWS)
        assert [len(row) for row in matrix] == [4, 4, 4]
        assert all("of 150" in row[column] for row, column in zip(matrix, (2, 1, 1), strict=True))
        for width, height in ((390, 844), (844, 390), (1440, 900)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        unexpected = [text for text in page.messages if "401" not in text and "DOM" not in text]
        assert unexpected == []
    finally:
        running.stop()
