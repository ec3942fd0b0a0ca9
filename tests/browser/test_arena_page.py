"""People say that pictures of two models are equal, by touch, by mouse and by key."""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from gamelabel.games.annotation.model_ranking_file import read_models
from gamelabel.games.pairs import Rules, Threshold
from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.pairs.arena import Arena
from gamelabel.service.pairs.arena_pool import load_models
from gamelabel.service.pairs.batches import PairSettings
from gamelabel.service.pairs.pair_games import PairGame, register_pair_game
from gamelabel.service.pairs.pair_tables import assignments
from gamelabel.service.pairs.start import player_app
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.browser.conftest import Running, free_port
from tests.browser.test_demo import Open
from tests.browser.test_sizes import LONG, SHORT, WITH_PROMPTS
from tests.browser.walks import at_pair
from tests.service.harness import GAME_KEY
from tests.service.test_arena import write_models

PARTS = ["question", "prompt", "left", "right", "hint", "larger", "tie", "next", "about", "exit"]
SHOTS = os.environ.get("GAMELABEL_SCREENSHOTS")


@pytest.fixture
def arena(tmp_path: Path) -> Iterator[tuple[Store, str]]:
    """A database with two models, and the address at which somebody who has agreed votes."""
    store, port = Store(f"sqlite:///{tmp_path / 'game.db'}"), free_port()
    models = read_models(write_models(tmp_path, {"one": 0.0, "other": 0.0}))
    load_models(store, models, size=16)
    game = {"game_id": "g", "title": "g", "origin": "https://g.example", "pool": "models"}
    register_pair_game(store, PairGame(launch_keys=[public_text(GAME_KEY)], **game))
    lenient = Rules(gate=Threshold(min_answers=10**6))
    settings = PairSettings(rules=lenient, look_s=0.1, arena=Arena(store, models))
    running = Running(player_app(store, Settings(new_keys()), settings), port)
    service = f"http://127.0.0.1:{port}"

    def launch() -> str:
        return sign_launch(GAME_KEY, "g", "ann", secrets.token_urlsafe(), time.time())

    entry = httpx.post(f"{service}/v1/sessions", json={"launch": launch()}).json()
    headers = {"Authorization": f"Bearer {entry['session']}"}
    httpx.put(f"{service}/v1/consent", json={}, headers=headers).raise_for_status()
    yield store, f"{service}/play/g#{launch()}"
    running.stop()
    store.close()


def test_equal_pictures_by_touch_mouse_and_key(arena: tuple[Store, str], open_page: Open) -> None:
    store, address = arena
    page: Any = open_page(address, width=390, height=844, has_touch=True)
    for number, say_equal in enumerate(
        (
            lambda: page.locator("#tie").tap(),
            lambda: page.locator("#tie").click(),
            lambda: page.keyboard.press("3"),
            lambda: page.keyboard.press("3"),
            lambda: page.keyboard.press("3"),
        ),
        1,
    ):
        at_pair(page, number)
        if number == 4:  # a mind is changed
            page.keyboard.press("1")
        say_equal()
        assert page.locator("#tie").get_attribute("aria-pressed") == "true"
        assert page.locator(".picture[aria-pressed=true]").count() == 0
        if number == 5:
            for width, height in ((390, 844), (844, 390), (320, 568), (568, 320), (1440, 900)):
                page.set_viewport_size({"width": width, "height": height})
                for text in (SHORT, LONG):
                    [shown] = page.evaluate(WITH_PROMPTS, [[text], PARTS])
                    assert (shown["faults"], shown["small"]) == ([], []), (width, height, text)
                if SHOTS:
                    page.screenshot(path=f"{SHOTS}/tie-{width}x{height}.png")
            page.keyboard.press("2")
        page.locator("#next[aria-disabled=false]").click()
    page.locator("#paid-h").wait_for()
    query = select(assignments.c.choice).order_by(assignments.c.place)
    with store.read() as connection:
        choices = connection.execute(query).scalars().all()
    assert choices[:4] == ["tie"] * 4
    assert choices[4] in ("a", "b")
    assert page.messages == []
