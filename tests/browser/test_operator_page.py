"""The operator's page in a browser: it asks for the key, keeps it for the tab, pauses a game."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from gamelabel.service.database_tables import games
from gamelabel.service.keys import new_keys
from gamelabel.service.pairs.start import operator_app
from gamelabel.service.settings import Settings
from tests.browser.conftest import Demo, Running, free_port
from tests.browser.test_demo import Open

KEY = "a-key-of-the-operator"


@pytest.fixture
def address(demo: Demo) -> Iterator[str]:
    """The operator's port, beside the demo."""
    port = free_port()
    running = Running(operator_app(demo.store, Settings(new_keys(), {KEY: "anna"})), port)
    yield f"http://127.0.0.1:{port}/"
    running.stop()


def log_in(page: Any, key: str) -> None:
    page.fill("#key", key)
    page.click("#login button")


def test_the_page_asks_for_the_key_until_it_is_right(
    demo: Demo, address: str, open_page: Open
) -> None:
    page = open_page(address)
    page.locator("#login").wait_for()
    assert page.locator("#key").get_attribute("type") == "password"
    page.locator("#state", has_text="The operator's key is needed").wait_for()
    with page.expect_response("**/v1/figures") as reply:
        log_in(page, "a-key-of-somebody-else")
    assert reply.value.status == 401
    assert page.locator("#login").is_visible()
    assert page.locator("#games article").count() == 0
    log_in(page, f" {KEY} ")  # as it is pasted from a terminal
    page.locator("#games h2", has_text="Seven Hills").wait_for()
    assert page.locator("#login").is_hidden()
    assert not any(KEY in url for url in page.urls)


def test_the_key_is_kept_for_the_tab_and_pauses_a_game(
    demo: Demo, address: str, open_page: Open
) -> None:
    page = open_page(address)
    page.locator("#login").wait_for()
    log_in(page, KEY)
    for name, title, is_paused in (
        ("Pause", "Seven Hills (paused)", True),
        ("Resume", "Seven Hills", False),
    ):
        page.click(f".pause:text-is('{name}')")
        page.locator(f"#games h2:text-is('{title}')").wait_for()
        with demo.store.read() as connection:
            assert connection.execute(select(games.c.paused)).scalar() is is_paused
    page.reload()
    page.locator("#games h2", has_text="Seven Hills").wait_for()
    assert page.locator("#login").is_hidden()
    other = open_page(address)
    other.locator("#login").wait_for()
    assert other.locator("#games article").count() == 0
