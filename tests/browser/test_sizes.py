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
TEXT = """name => {
  const body = document.querySelector(name)
  const isCut = body.scrollHeight > body.clientHeight + 1, tabindex = body.getAttribute('tabindex')
  body.scrollTop = body.scrollHeight
  const end = body.lastElementChild.getBoundingClientRect().bottom
  const below = end - body.getBoundingClientRect().bottom
  body.scrollTop = 0
  return { isCut, tabindex, below } }"""
# One call for each size of window: what the page is like with each of some prompts.
WITH_PROMPTS = f"""([texts, parts]) => texts.map(text => {{
  ({SET_PROMPT})(text)
  const prompt = document.getElementById('prompt'), boxes = ['left', 'right'].map(side => {{
    const {{ width, height }} = document.getElementById(side).getBoundingClientRect()
    return {{ width, height }} }})
  const faults = ({FAULTS})(parts), small = ({SMALL_TARGETS})(), lines = ({LINES_SHOWN})()
  const tabindex = prompt.getAttribute('tabindex'), more = prompt.classList.contains('more')
  return {{ faults, small, lines, tabindex, more, boxes }} }})"""
# The same for each section, with its heading and all of its buttons.
WITH_SECTIONS = f"""names => names.map(name => {{
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== name
  const buttons = [...document.querySelectorAll(`#${{name}} .actions button`)]
  for (const [i, button] of buttons.entries()) {{
    button.hidden = false
    button.id ||= `${{name}}-button-${{i}}` }}
  dispatchEvent(new Event('resize'))
  const parts = [`${{name}}-h`, ...buttons.map(button => button.id), 'about', 'exit']
  const faults = ({FAULTS})(parts), small = ({SMALL_TARGETS})()
  return {{ name, faults, small, text: ({TEXT})(`#${{name}} .body`) }} }})"""


@pytest.fixture
def page(demo: Demo, open_page: Open) -> Any:
    one = open_page(launch_address(demo))
    at_pair(one, 1)
    return one


def test_every_size_shows_question_words_pictures_and_button(page: Any) -> None:
    parts = ["question", "prompt", "left", "right", "hint", "larger", "next", "about", "exit"]
    texts = [SHORT, MEDIUM, LONG, WORD]
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        shown = page.evaluate(WITH_PROMPTS, [texts, parts])
        for text, one in zip(texts, shown, strict=True):
            where = (width, height, text)
            assert (one["faults"], one["small"]) == ([], []), where
            lines = one["lines"]
            cut = lines["cut"]
            assert lines["shown"] > min(lines["all"], 2) - 0.1, where
            # what is cut scrolls by keyboard, and the page says that there is more
            assert one["tabindex"] == ("0" if cut else "-1"), where
            assert one["more"] == cut, where
            for box in one["boxes"]:
                assert box["width"] == pytest.approx(box["height"], abs=1), where
                assert box["width"] >= min(width, height) * 0.3, where
                if min(width, height) >= 320 and text in (SHORT, MEDIUM):
                    assert box["width"] >= 150, where


def test_every_size_shows_each_heading_with_its_buttons(page: Any) -> None:
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
        for one in page.evaluate(WITH_SECTIONS, sections):
            where = (width, height, one["name"])
            assert (one["faults"], one["small"]) == ([], []), where
            check_all_text_can_be_read(one["text"], where)


def check_all_text_can_be_read(text: dict[str, Any], where: Any) -> None:
    assert text["tabindex"] == ("0" if text["isCut"] else None), where
    assert text["below"] <= 1, where


def sweep(page: Any, script: str, argument: Any = None) -> dict[tuple[int, int], Any]:
    """Return what a script says at each size of window."""
    values = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("dispatchEvent(new Event('resize'))")
        values[width, height] = page.evaluate(script, argument)
    return values


def test_every_size_shows_the_dialogs_with_their_buttons(page: Any) -> None:
    page.evaluate(SET_PROMPT, LONG)
    box = """name => {
      const { width, height } = document.querySelector(name).getBoundingClientRect()
      return { width, height } }"""
    shown = sweep(page, box, "#left")
    page.click("#larger")
    buttons = ["large-left", "large-right", "large-close"]
    assert set(map(tuple, sweep(page, FAULTS, ["large-face", *buttons]).values())) == {()}
    for size, larger in sweep(page, box, "#large-face img").items():
        assert larger["width"] == pytest.approx(larger["height"], abs=1), size
        assert larger["width"] >= min(1.15 * shown[size]["width"], 0.65 * min(size)), size
    page.click("#large-close")
    page.click("#about")
    assert set(map(tuple, sweep(page, FAULTS, ["data-h", "close", "withdraw"]).values())) == {()}
    for size, text in sweep(page, TEXT, "#data-stored .body").items():
        check_all_text_can_be_read(text, size)
    page.click("#withdraw")
    parts = ["data-sure-h", "keep", "withdraw-now"]
    assert set(map(tuple, sweep(page, FAULTS, parts).values())) == {()}
    assert set(map(tuple, sweep(page, SMALL_TARGETS).values())) == {()}
