"""Accessibility of the player's page: keyboard, screen reader, motion and lost connections."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import httpx
from sqlalchemy.exc import OperationalError

from tests.browser.conftest import Demo
from tests.browser.test_demo import Open, contrast, enter, label_five, learn

OUTLINES = """() => {
const visible = [...document.querySelectorAll('button, input')].filter(e => e.offsetParent)
return visible.map(e => {
  e.focus({ focusVisible: true })
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(e)
  return [e.id, outlineStyle, parseFloat(outlineWidth), outlineColor] }) }"""
UNNAMED = """() => {
const all = [...document.querySelectorAll('button, input, dialog, section')]
return all.filter(e => !(
  e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label')?.textContent.trim() ||
  document.getElementById(e.getAttribute('aria-labelledby'))?.textContent)).map(e => e.id) }"""
RUNNING_ANIMATIONS = """() => document.getAnimations()
  .filter(a => a.playState === 'running').map(a => a.animationName)"""


def show_all(page: Any) -> None:
    page.evaluate("document.querySelectorAll('section, button').forEach(e => { e.hidden = false })")


def test_focus_is_visible_in_light_and_dark(demo: Demo, open_page: Open) -> None:
    for scheme, paper in (("light", "#f6f3ec"), ("dark", "#171a1c")):
        page = open_page(f"{demo.service}/play/demo", color_scheme=scheme)
        page.locator("#end").wait_for()
        show_all(page)
        outlines = page.evaluate(OUTLINES)
        assert len(outlines) > 10
        for name, style, width, color in outlines:
            assert (style, width) == ("solid", 3), name
            parts = [int(part) for part in re.findall(r"\d+", color)[:3]]
            assert contrast("#" + "".join(f"{part:02x}" for part in parts), paper) >= 3, (
                scheme,
                name,
            )


def test_all_controls_have_names_that_do_not_reveal_the_answer(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game)
    frame = enter(page)
    learn(frame)
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
    assert "You earned 30 coins" in frame.locator("#announcer").inner_text()
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
    page = open_page(demo.game)
    frame = enter(page)
    learn(frame)
    connect: Callable[..., Any] = demo.store.engine.connect

    def unreachable() -> None:
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    for i in range(5):
        frame.locator("#progress", has_text=f"Pair {i + 1} of 5").wait_for()
        if i == 4:
            frame.locator("#left[aria-disabled=false]").wait_for()
            monkeypatch.setattr(demo.store.engine, "connect", unreachable)
        frame.locator("#left[aria-disabled=false]").click()
        frame.locator("#next[aria-disabled=false]").click()
    frame.locator("#wait-p", has_text="Your answers are kept").wait_for()
    monkeypatch.setattr(demo.store.engine, "connect", connect)
    # The page sends them again after the time in Retry-After.
    frame.locator("#paid-h", has_text="+30 coins").wait_for()
