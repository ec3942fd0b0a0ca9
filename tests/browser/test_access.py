"""Accessibility of the player's page: keyboard, screen reader, motion and lost connections."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import httpx
from sqlalchemy.exc import OperationalError

from tests.browser.conftest import Demo
from tests.browser.test_demo import Open, contrast
from tests.browser.walks import agreed_player, at_pair, choose, enter, label_five, launch_address

# The outline of each control that has the focus; a control that is not seen has it on its label.
OUTLINES = """() => {
const top = document.querySelector('dialog[open]') ?? document, before = document.activeElement
const visible = [...top.querySelectorAll('button, input, textarea, [tabindex="0"]')]
  .filter(e => e.checkVisibility() && !e.disabled && !e.closest('[inert]'))
const outlines = visible.map(e => {
  e.focus({ focusVisible: true })
  const outlined = getComputedStyle(e).opacity === '0' ? e.nextElementSibling : e
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(outlined)
  return [e.id || e.className, outlineStyle, parseFloat(outlineWidth), outlineColor] })
before.focus({ preventScroll: true })
return outlines }"""
UNNAMED = """() => {
const all = [...document.querySelectorAll('button, input, dialog, section')]
return all.filter(e => !(
  e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.[0]?.textContent.trim() ||
  document.getElementById(e.getAttribute('aria-labelledby'))?.textContent)).map(e => e.id) }"""
RUNNING_ANIMATIONS = """() => document.getAnimations()
  .filter(a => a.playState === 'running').map(a => a.animationName)"""


def show_all(page: Any) -> None:
    page.evaluate("""document.querySelectorAll('section, button').forEach(e => {
        e.hidden = false
        e.disabled = false })""")


def test_focus_is_visible_in_light_and_dark(demo: Demo, open_page: Open) -> None:
    for scheme, paper in (("light", "#f6f3ec"), ("dark", "#171a1c")):
        page = open_page(f"{demo.service}/play/demo", color_scheme=scheme)
        page.locator("#end").wait_for()
        show_all(page)
        outlines = page.evaluate(OUTLINES)
        assert len(outlines) > 10
        for name, style, width, color in outlines:
            assert (style, width) == ("solid", 3), name
            assert contrast(color, paper) >= 3, (scheme, name)


def test_all_controls_have_names_that_do_not_reveal_the_answer(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    frame.locator("#progress", has_text="Pair 1 of 5").wait_for()
    inner = page.frames[1]
    assert inner.locator("#left").get_attribute("aria-label") == "Picture 1"
    assert inner.locator("#right").get_attribute("aria-label") == "Picture 2"
    assert (
        inner.eval_on_selector_all(
            "img", "all => all.map(i => [i.alt, i.title, i.src.slice(0, 5)])"
        )
        == [["", "", "blob:"]] * 2
    )
    label_five(page, frame)
    assert "You earned 40 coins" in frame.locator("#announcer").inner_text()
    inner.evaluate(
        "for (const id of ['prompt', 'end-h'])"
        " document.getElementById(id).textContent ||= 'filled later'"
    )
    assert inner.evaluate(UNNAMED) == []


def test_reduced_motion_stops_all_animations(demo: Demo, open_page: Open) -> None:
    animations = {}
    for motion in ("reduce", "no-preference"):
        page = open_page(f"{demo.service}/play/demo", reduced_motion=motion)
        page.locator("#end").wait_for()
        page.evaluate(
            "for (const id of ['paid', 'pair', 'look']) document.getElementById(id).hidden = false"
        )
        page.evaluate("document.querySelector('#look i').style.animationDuration = '60s'")
        animations[motion] = set(page.evaluate(RUNNING_ANIMATIONS))
    assert animations == {"reduce": set(), "no-preference": {"fill", "pop"}}


def test_every_module_is_preloaded(demo: Demo) -> None:
    address = f"{demo.service}/play/demo"
    page = httpx.get(address).text
    names = re.findall(r'(?:src|href)="(/static/[\w/]+\.js)"', page)
    preloaded = {urljoin(address, name) for name in names}
    imported = {urljoin(address, "/static/pairs/play.js")}
    for module in preloaded:
        paths = re.findall(r"from '(\.[\w./]+\.js)'", httpx.get(module).text)
        imported |= {urljoin(module, path) for path in paths}
    assert preloaded == imported


def test_the_page_waits_for_an_unreachable_database(
    demo: Demo, open_page: Open, monkeypatch: Any
) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    connect: Callable[..., Any] = demo.store.engine.connect

    def unreachable() -> None:
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    choose(frame, last=4)
    at_pair(frame, 5)
    monkeypatch.setattr(demo.store.engine, "connect", unreachable)
    choose(frame, first=5)
    frame.locator("#wait-h", has_text="This is not available right now").wait_for()
    frame.locator("#wait-p", has_text="Your answers are kept").wait_for()
    monkeypatch.setattr(demo.store.engine, "connect", connect)
    # The page sends them again after the time in Retry-After.
    frame.locator("#paid-h", has_text="+40 coins").wait_for()


def test_the_whole_game_can_be_played_by_keyboard(demo: Demo, open_page: Open) -> None:
    page = open_page(launch_address(demo, is_new=True))

    def press_button(name: str) -> None:
        """Go to a button with Tab, and press it."""
        page.locator(f"{name}:enabled").wait_for()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("name => document.activeElement.matches(name)", name):
                page.keyboard.press("Enter")
                return
        raise AssertionError(f"{name} cannot be reached by keyboard")

    for number in (1, 2, 3):
        page.locator(f"#slide-{number}").wait_for()
        assert page.evaluate("document.activeElement.tagName") == "H1"
        press_button(f"#slide-{number} button")
    for side in ("right", "left"):
        page.locator(f"#{side}[aria-disabled=false]").wait_for()
        press_button(f"#{side}")
        for _ in range(2):  # check, go on
            page.locator("#next[aria-disabled=false]").wait_for()
            press_button("#next")
    page.locator("#consent").wait_for()
    press_button("#agree")
    label_five(page, page)
    assert page.evaluate("document.activeElement.id") == "paid-h"
    press_button("#more")
    at_pair(page, 1)
    press_button("#larger")
    for key, name in (("2", "Picture 2"), ("1", "Picture 1")):
        page.keyboard.press(key)
        assert page.locator("#large button[aria-pressed=true]").get_attribute("aria-label") == name
    assert page.locator("#next").get_attribute("aria-disabled") == "true"  # nothing was chosen
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "larger"


def test_keys_do_nothing_while_the_focus_is_elsewhere(demo: Demo, open_page: Open) -> None:
    page = open_page(launch_address(demo))
    at_pair(page, 1)
    page.focus("#about")
    page.keyboard.press("1")
    assert page.locator("#left").get_attribute("aria-pressed") == "false"
    page.locator("#question").click()  # a click on an empty place returns the focus
    page.keyboard.press("1")
    page.keyboard.press("1")  # once more does not confirm
    assert page.locator("#left").get_attribute("aria-pressed") == "true"
    assert page.locator("#progress").inner_text() == "Pair 1 of 5"
    page.focus("#about")
    page.keyboard.press("Enter")
    page.locator("#data").wait_for()
    assert page.locator("#progress").inner_text() == "Pair 1 of 5"
