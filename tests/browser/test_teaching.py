"""Two teachers in real browsers play a whole round; the operator runs it on the operator's page."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamelabel.service.api import create_app
from gamelabel.service.dungeon.classroom import Classroom
from gamelabel.service.dungeon.teach_settings import TeachSettings
from gamelabel.service.dungeon.teach_start import make_descent, teach_activity
from gamelabel.service.games import Game, register_game
from gamelabel.service.keys import new_keys, public_text
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.operator import create_operator
from gamelabel.service.outbox import Outbox
from gamelabel.service.settings import Settings
from gamelabel.service.store import Store
from tests.browser.conftest import Running, free_port
from tests.browser.test_access import OUTLINES, UNNAMED
from tests.browser.test_demo import contrast

LEARNER = "tests.service.dungeon.memory_learner:MemoryLearner"
SIZES = {
    "portrait": (390, 844),
    "landscape": (844, 390),
    "small": (320, 568),
    "desktop": (1440, 900),
}
SHOTS = os.environ.get("GAMELABEL_SCREENSHOTS")
PAPER = {"light": "#f6f3ec", "dark": "#171a1c"}
TEXTS = """() => {
const background = e => {
  const color = getComputedStyle(e).backgroundColor
  return color === 'rgba(0, 0, 0, 0)' ? background(e.parentElement) : color }
const visible = [...document.querySelectorAll('body *')].filter(e => e.offsetParent && !e.disabled)
const own = e => [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
const rows = visible.filter(own).map(
  e => [e.textContent.trim(), getComputedStyle(e).color, background(e)])
const holders = visible.filter(e => e.placeholder).map(
  e => [e.placeholder, getComputedStyle(e, '::placeholder').color, background(e)])
return [...rows, ...holders] }"""


class School:
    """The teaching game and its operator, on free ports."""

    def __init__(self, folder: Path) -> None:
        self.key, self.operator_key = Ed25519PrivateKey.generate(), secrets.token_urlsafe()
        self.store = Store(f"sqlite:///{folder / 'game.db'}")
        settings = Settings(new_keys(), {self.operator_key: "anna"})
        self.port, self.operator_port = free_port(), free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        game = Game(
            game_id="hills",
            title="Hills",
            origin=self.origin,
            launch_keys=[public_text(self.key)],
        )
        with self.store.write() as connection:
            register_game(self.store, connection, game)
        teach = TeachSettings(learner=LEARNER, rounds=2, least=2, most=5, pilot=20)
        self.classroom = Classroom(make_descent(folder / "descent", teach), settings.clock)
        outbox = Outbox(self.store, settings)
        activities = [teach_activity(self.store, settings, self.classroom, teach, outbox)]
        self.servers = [
            Running(create_app(self.store, settings, outbox, activities), self.port),
            Running(create_operator(self.store, settings, activities), self.operator_port),
        ]

    def address(self, name: str) -> str:
        launch = sign_launch(self.key, "hills", name, secrets.token_urlsafe(), time.time())
        return f"{self.origin}/teach/hills#{launch}"

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.store.close()


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    running = School(tmp_path)
    yield running
    running.stop()


def enter(page, address):
    page.goto(address)
    for name in ("Begin", "I agree"):
        button = page.get_by_role("button", name=name)
        button.wait_for()
        page.wait_for_function("e => !e.disabled", arg=button.element_handle())
        button.click()
    page.locator("#lesson").wait_for()


def shoot(page, name):
    """Keep a picture of the page at each size, if GAMELABEL_SCREENSHOTS names a folder."""
    before = page.viewport_size
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/teach-{name}-{size}.png")
    page.set_viewport_size(before)


def give(page, command):
    done = page.locator("#done li").count()
    page.locator("#choices button").first.click()
    page.wait_for_function("n => document.querySelectorAll('#done li').length === n", arg=done + 1)
    page.locator("#command").fill(command)
    page.locator("#send").click()
    page.locator("#attempt").wait_for()
    page.wait_for_function("() => document.querySelectorAll('#done li').length === 0")


def test_two_teachers_and_an_operator_play_a_round(school, browser):
    operator = browser.new_context().new_page()
    operator.goto(f"http://127.0.0.1:{school.operator_port}/")
    operator.locator("#key").fill(school.operator_key)
    operator.get_by_role("button", name="Show the figures").click()
    ann, bo = (browser.new_context().new_page() for _ in range(2))
    ann.goto(school.address("ann"))
    ann.locator("#intro").wait_for()
    shoot(ann, "intro")
    enter(ann, school.address("ann"))
    enter(bo, school.address("bo"))
    assert "next round has not begun" in ann.locator("#round-p").inner_text()
    operator.get_by_role("button", name="Open the next round").click()
    ann.get_by_role("heading", name="Round 1 of 2").wait_for()
    bo.get_by_role("heading", name="Round 1 of 2").wait_for()

    ann.locator("#typed").fill("look")
    ann.locator("#typed").press("Enter")
    ann.wait_for_function("() => document.querySelector('#reply').textContent.includes('You are')")
    ann.locator("#choices button").first.click()
    ann.wait_for_function("() => document.querySelectorAll('#done li').length === 1")
    shoot(ann, "acting")
    ann.get_by_role("button", name="Reset").click()
    ann.wait_for_function("() => document.querySelectorAll('#done li').length === 0")
    give(ann, "<img src=x onerror=alert(1)> please begin")
    assert "did something else" in ann.locator("#attempt-h").inner_text()
    shoot(ann, "attempt")
    give(ann, "and now the next thing")
    for command in ("do the first", "do the second"):
        give(bo, command)
    assert "2 examples" in bo.locator("#round-p").inner_text()

    operator.get_by_role("button", name="Close the round").click()
    operator.get_by_text("to be published").wait_for()
    operator.get_by_role("button", name="Publish its scores").click()
    for page in (ann, bo):
        page.get_by_role("heading", name="Results of round 1").wait_for()
        assert page.locator("#board-rows tr").count() == 2
        assert page.locator("#board-rows tr.own").count() == 1
        assert "You earned" in page.locator("#board-p").inner_text()
    shoot(ann, "results")
    if SHOTS:
        operator.screenshot(path=f"{SHOTS}/teach-operator.png")
    ann.get_by_role("button", name="Close").last.click()

    bo.reload()  # a launch works once, but the results stay
    ann.get_by_role("button", name="Your data").click()
    ann.get_by_role("button", name="Withdraw …").click()
    ann.wait_for_timeout(500)
    ann.get_by_role("button", name="Delete my data for good").click()
    ann.get_by_role("heading", name="Your data are deleted").wait_for()
    assert len(school.classroom.published()) == 1


def in_hex(color):
    """Return "rgb(1, 2, 3)" as "#010203"."""
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", color)[:3])


@pytest.mark.parametrize("scheme", list(PAPER))
def test_an_example_is_taught_by_keyboard_and_can_be_seen_and_heard(school, browser, scheme):
    width, height = SIZES["portrait"]
    viewport = {"width": width, "height": height}
    page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
    school.classroom.wait()
    school.classroom.open_round()
    enter(page, school.address("ann"))
    page.get_by_role("heading", name="Round 1 of 2").wait_for()
    texts = page.evaluate(TEXTS)
    assert len(texts) > 10
    for text, color, background in texts:
        assert contrast(in_hex(color), in_hex(background)) >= 4.5, (text, color, background)
    assert page.evaluate(UNNAMED) == []

    page.locator("#choices button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#done li').length === 1")
    assert page.evaluate("document.activeElement.id") == "choices-h"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('#choices button:first-child')")
    for name, style, width_of_outline, color in page.evaluate(OUTLINES):
        assert (style, width_of_outline) == ("solid", 3), name
        assert contrast(in_hex(color), PAPER[scheme]) >= 3, name
    page.locator("#command").focus()
    page.keyboard.type("please begin")
    page.keyboard.press("Enter")
    page.locator("#announcer", has_text="You meant").wait_for(state="attached")
    box = page.locator("#attempt").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= height

    page.context.set_offline(True)
    page.locator("#choices button").first.click()
    page.locator("#trouble", has_text="We keep trying").wait_for()
    page.context.set_offline(False)
    page.locator("#done li").wait_for()
    assert page.locator("#trouble").inner_text() == ""
