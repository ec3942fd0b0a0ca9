"""Every size of window, from 400 % zoom to a large monitor, shows all that a player needs."""

from typing import Any

import pytest

from tests.browser.conftest import Demo
from tests.browser.test_demo import Open
from tests.browser.walks import at_pair, launch_address

SIZES = [
    (320, 256),  # 1280 x 1024 at 400 %
    (568, 320),
    (640, 360),
    (667, 375),
    (844, 390),
    (932, 430),
    (320, 568),
    (360, 640),
    (390, 844),
    (480, 480),
    (768, 1024),
    (1024, 600),
    (1280, 720),
    (1920, 1080),
]
SHORT = "a red circle"
MEDIUM = "two little red circles next to a big blue square in the style of a chalk drawing"
LONG = (
    "a highly detailed oil painting of two little red foxes next to a big blue lantern in a misty "
    "forest at dawn, in the style of an old master, with volumetric light, intricate patterns, a "
    "soft background and a distant mountain village, award winning composition, warm colors"
)
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
# Returns what is wrong with the visible parts `ids`: outside the window, covered, or overlapping.
FAULTS = """ids => {
  const boxes = ids.map(id => [id, document.getElementById(id).getBoundingClientRect()])
  const faults = []
  for (const [id, box] of boxes) {
    if (box.width < 10 || box.height < 10) faults.push(`${id} has no size`)
    if (box.left < 0 || box.top < 0 || box.right > innerWidth + .5 || box.bottom > innerHeight + .5)
      faults.push(`${id} is outside`)
    const at = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    if (!document.getElementById(id).contains(at)) faults.push(`${id} is covered by ${at?.id}`)
  }
  const meet = (a, b, low, high) => a[low] < b[high] - .5 && b[low] < a[high] - .5
  for (const [i, [first, a]] of boxes.entries()) for (const [second, b] of boxes.slice(i + 1))
    if (meet(a, b, 'left', 'right') && meet(a, b, 'top', 'bottom'))
      faults.push(`${first} and ${second} overlap`)
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is too wide')
  if (document.documentElement.scrollHeight > innerHeight) faults.push('the page is too high')
  return faults }"""
SMALL_TARGETS = """() => [...document.querySelectorAll('button, label.check')]
  .filter(e => e.offsetParent && !e.closest('section[hidden]')).filter(e => {
    const { width, height } = e.getBoundingClientRect()
    return Math.min(width, height) < 43.9 }).map(e => e.id || e.textContent)"""
LINES_SHOWN = """() => {
  const { clientHeight, scrollHeight } = document.getElementById('prompt')
  const line = parseFloat(getComputedStyle(document.getElementById('prompt')).lineHeight)
  const cut = scrollHeight > clientHeight + 1
  return { shown: clientHeight / line, all: Math.round(scrollHeight / line), cut } }"""
SET_PROMPT = """text => {
  document.getElementById('prompt').textContent = text
  dispatchEvent(new Event('resize')) }"""


@pytest.fixture
def page(demo: Demo, open_page: Open) -> Any:
    return open_page(launch_address(demo))


def test_every_size_shows_question_words_pictures_and_button(page: Any) -> None:
    at_pair(page, 1)
    parts = ["question", "prompt", "left", "right", "hint", "larger", "next", "about", "exit"]
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for text in (SHORT, MEDIUM, LONG, WORD):
            page.evaluate(SET_PROMPT, text)
            where = (width, height, text)
            assert page.evaluate(FAULTS, parts) == [], where
            assert page.evaluate(SMALL_TARGETS) == [], where
            lines = page.evaluate(LINES_SHOWN)
            cut = lines["cut"]
            assert lines["shown"] > min(lines["all"], 2) - 0.1, where
            # what is cut scrolls by keyboard, and the page says that there is more
            assert page.locator("#prompt").get_attribute("tabindex") == ("0" if cut else "-1")
            assert ("more" in (page.locator("#prompt").get_attribute("class") or "")) == cut, where
            for side in ("left", "right"):
                box = page.locator(f"#{side}").bounding_box()
                assert box["width"] == pytest.approx(box["height"], abs=1), where
                assert box["width"] >= min(width, height) * 0.3, where
            if min(width, height) >= 320 and text in (SHORT, MEDIUM):
                assert box["width"] >= 150, where


def test_every_size_shows_each_heading_with_its_buttons(page: Any) -> None:
    at_pair(page, 1)
    page.evaluate("""() => {
      for (const id of ['note', 'paid', 'end'])
        document.getElementById(`${id}-h`).textContent = 'The heading of this section'
      for (const id of ['note', 'paid', 'end', 'wait'])
        document.getElementById(`${id}-p`).textContent =
          'Some sentences that are as long as those that are shown here. '.repeat(3) }""")
    sections = page.evaluate(
        "[...document.querySelectorAll('section:not(.wide)')].map(section => section.id)"
    )
    assert {"consent", "paid", "end", "wait", "note"} < set(sections)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for section in sections:
            buttons = page.evaluate(
                """id => {
                for (const section of document.querySelectorAll('section'))
                  section.hidden = section.id !== id
                const buttons = [...document.querySelectorAll(`#${id} .actions button`)]
                for (const [i, button] of buttons.entries()) {
                  button.hidden = false
                  button.id ||= `${id}-button-${i}` }
                dispatchEvent(new Event('resize'))
                return buttons.map(button => button.id) }""",
                section,
            )
            parts = [f"{section}-h", *buttons, "about", "exit"]
            assert page.evaluate(FAULTS, parts) == [], (width, height, section)
            assert page.evaluate(SMALL_TARGETS) == [], (width, height, section)
            check_all_text_can_be_read(page, f"#{section} .body", (width, height, section))


def check_all_text_can_be_read(page: Any, body: str, where: Any) -> None:
    is_cut = page.locator(body).evaluate("e => e.scrollHeight > e.clientHeight + 1")
    assert page.locator(body).get_attribute("tabindex") == ("0" if is_cut else None), where
    page.locator(body).evaluate("e => { e.scrollTop = e.scrollHeight }")
    below = page.locator(body).evaluate(
        "e => e.lastElementChild.getBoundingClientRect().bottom - e.getBoundingClientRect().bottom"
    )
    assert below <= 1, where
    page.locator(body).evaluate("e => { e.scrollTop = 0 }")


def test_every_size_shows_the_dialogs_with_their_buttons(page: Any) -> None:
    at_pair(page, 1)
    page.evaluate(SET_PROMPT, LONG)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        shown = page.locator("#left").bounding_box()["width"]
        page.click("#larger")
        buttons = ["large-left", "large-right", "large-close"]
        assert page.evaluate(FAULTS, ["large-face", *buttons]) == [], (width, height)
        larger = page.locator("#large-face img").bounding_box()
        assert larger["width"] == pytest.approx(larger["height"], abs=1), (width, height)
        assert larger["width"] >= min(1.15 * shown, 0.65 * min(width, height)), (width, height)
        page.click("#large-close")
        page.click("#about")
        assert page.evaluate(FAULTS, ["data-h", "close", "withdraw"]) == [], (width, height)
        check_all_text_can_be_read(page, "#data-stored .body", (width, height))
        page.click("#withdraw")
        parts = ["data-sure-h", "keep", "withdraw-now"]
        assert page.evaluate(FAULTS, parts) == [], (width, height)
        assert page.evaluate(SMALL_TARGETS) == [], (width, height)
        page.click("#keep")
