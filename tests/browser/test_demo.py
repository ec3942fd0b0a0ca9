"""The demo in a real browser, from the game's map to the coins that a player earns."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_tables import assignments, pairs
from tests.browser.conftest import Demo

Open = Callable[..., Any]
SIZES = """() => {
const visible = [...document.querySelectorAll('button, label.check')].filter(e => e.offsetParent)
return visible.map(e => {
  const { width, height } = e.getBoundingClientRect()
  return [e.id || e.textContent, Math.min(width, height)] }) }"""


def enter(page: Any) -> Any:
    """Open the frame from the map."""
    page.click("#earn")
    page.click("#label")
    return page.frame_locator("iframe")


def learn(frame: Any) -> None:
    """Go through slides, two practice pairs (the second wrong at first) and consent."""
    for number in (1, 2, 3):
        frame.locator(f"#slide-{number} button").click()
    for side in ("right", "right", "left"):
        frame.locator(f"#{side}[aria-disabled=false]").click()
        frame.locator("#next[aria-disabled=false]").click()
    frame.locator("#agree").click()


def label_five(page: Any, frame: Any) -> None:
    """Label five pairs with the keys 1, 2 and Enter."""
    for i in range(5):
        frame.locator("#progress", has_text=f"Pair {i + 1} of 5").wait_for()
        frame.locator("#left[aria-disabled=false]").wait_for()
        page.keyboard.press("12"[i % 2])
        page.keyboard.press("Enter")
    frame.locator("#paid-h").wait_for()


def labels(demo: Demo) -> int:
    with demo.store.read() as connection:
        return len(
            connection.execute(select(assignments).where(assignments.c.choice.is_not(None))).all()
        )


@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 800)])
def test_from_launch_to_reward(demo: Demo, open_page: Open, width: int, height: int) -> None:
    page = open_page(demo.game, width, height)
    frame = enter(page)
    learn(frame)
    label_five(page, frame)
    assert frame.locator("#paid-h").inner_text() == "+30 coins"
    frame.locator("#back").click()
    page.locator("#coins", has_text="70").wait_for()
    assert labels(demo) == 5
    assert page.messages == []
    allowed = (demo.game, demo.service, "blob:", "data:")
    assert [address for address in page.urls if not address.startswith(allowed)] == []


def test_every_target_is_44_pixels_and_nothing_overflows_a_phone(
    demo: Demo, open_page: Open
) -> None:
    page = open_page(demo.game)
    enter(page).locator("#slide-1").wait_for()
    inner = page.frames[1]
    for section in inner.eval_on_selector_all("section", "all => all.map(s => s.id)"):
        inner.evaluate(
            "id => document.querySelectorAll('section').forEach(s => { s.hidden = s.id !== id })",
            section,
        )
        for name, size in inner.evaluate(SIZES):
            assert size >= 44, (section, name)
        assert inner.evaluate("document.documentElement.scrollWidth") <= 360
        assert inner.evaluate("document.documentElement.scrollHeight") <= 640


IN_VIEW = """ids => ids.filter(id => {
  const box = document.getElementById(id).getBoundingClientRect()
  return box.width > 0 && box.height > 15 && box.left >= 0 && box.top >= 0 &&
    box.right <= innerWidth && box.bottom <= innerHeight })"""


@pytest.mark.parametrize(("width", "height"), [(360, 640), (640, 360), (1280, 800)])
def test_prompt_pictures_and_button_are_in_view_together(
    demo: Demo, open_page: Open, width: int, height: int
) -> None:
    page = open_page(demo.game, width, height)
    frame = enter(page)
    learn(frame)
    frame.locator("#progress", has_text="Pair 1 of 5").wait_for()
    frame.locator("#left[aria-disabled=false]").click()
    inner = page.frames[1]
    inner.evaluate(
        "document.getElementById('prompt').textContent = 'two little red circles next to ' +"
        " 'a big blue square in the style of a chalk drawing'"
    )
    needed = ["prompt", "left", "right", "hint", "next"]
    assert inner.evaluate(IN_VIEW, needed) == needed
    for side in ("left", "right"):
        box = inner.locator(f"#{side}").bounding_box()
        assert box["width"] == pytest.approx(box["height"], abs=1)
        assert box["width"] >= 150


def test_answers_survive_a_stopped_service_and_a_reload(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game)
    frame = enter(page)
    learn(frame)
    for i in range(5):
        frame.locator("#progress", has_text=f"Pair {i + 1} of 5").wait_for()
        if i == 4:
            demo.stop()
        frame.locator("#left[aria-disabled=false]").click()
        frame.locator("#next[aria-disabled=false]").click()
    frame.locator("#wait-p", has_text="Your answers are kept").wait_for()
    assert labels(demo) == 0
    page.reload()
    demo.restart()
    frame = enter(page)
    frame.locator("#paid-h", has_text="+30 coins").wait_for()
    assert labels(demo) == 5


def test_a_removed_player_is_thanked_and_returned_to_the_game(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game)
    frame = enter(page)
    learn(frame)
    frame.locator("#left[aria-disabled=false]").wait_for()
    with demo.store.write() as connection:
        connection.execute(update(players).values(state="removed"))
    page.reload()
    frame = enter(page)
    frame.locator("#end-h", has_text="Thank you for trying").wait_for()
    frame.locator("#leave").click()
    page.wait_for_selector("iframe", state="detached")
    page.click("#earn")
    assert page.is_visible("#ad")
    assert page.is_hidden("#label")


def test_a_player_can_withdraw(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game)
    frame = enter(page)
    learn(frame)
    label_five(page, frame)
    frame.locator("#about").click()
    frame.locator("#withdraw").click()
    frame.locator("#end-h", has_text="Your data are deleted").wait_for()
    assert labels(demo) == 0


HOSTILE = [
    "<script>parent.document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\u202egnp.exe <svg onload=alert(1)>",
    "{{ 7 * 7 }} ${7*7} </h1><h1>",
    "javascript:alert(1)",
]


def test_hostile_prompts_are_shown_as_text(demo: Demo, open_page: Open) -> None:
    with demo.store.write() as connection:
        for i, row in enumerate(connection.execute(select(pairs.c.id)).all()):
            connection.execute(
                update(pairs).where(pairs.c.id == row.id).values(prompt=HOSTILE[i % len(HOSTILE)])
            )
    page = open_page(demo.game)
    frame = enter(page)
    learn(frame)
    frame.locator("#progress", has_text="Pair 1 of 5").wait_for()
    prompt_shown = frame.locator("#prompt").inner_text()
    label_five(page, frame)
    assert prompt_shown.split() in [prompt.split() for prompt in HOSTILE]
    assert page.frames[1].locator("h1").count() == 8  # only those of the page itself
    assert page.title() == "Seven Hills"
    assert page.frames[1].title() == "Which picture fits? · Seven Hills"


def test_no_other_page_can_show_the_frame(demo: Demo, open_page: Open) -> None:
    page = open_page("about:blank")
    page.set_content(f"<iframe src='{demo.service}/play/demo'></iframe>")
    page.frame_locator("iframe").locator("body.neterror").wait_for(state="attached")
    assert page.frame_locator("iframe").locator("#slide-1").count() == 0


def test_the_page_is_small(demo: Demo, open_page: Open) -> None:
    page = httpx.get(f"{demo.service}/play/demo")
    loaded = re.findall(r'(?:src|href)="(/static/[\w/]+\.(?:js|css))"', page.text)
    assert len(loaded) == 7
    replies = [page, *(httpx.get(demo.service + name) for name in loaded)]
    assert sum(len(reply.content) for reply in replies) < 60_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrasts_with_its_background(demo: Demo, open_page: Open, scheme: str) -> None:
    page = open_page(f"{demo.service}/play/demo", color_scheme=scheme)
    colors = page.evaluate("""() => {
        const style = getComputedStyle(document.documentElement)
        const names = ['paper', 'card', 'ink', 'soft', 'main', 'on-main', 'bad']
        return Object.fromEntries(
          names.map(name => [name, style.getPropertyValue('--' + name).trim()])) }""")
    for text, background in [
        ("ink", "paper"),
        ("soft", "paper"),
        ("ink", "card"),
        ("on-main", "main"),
        ("bad", "card"),
    ]:
        assert contrast(colors[text], colors[background]) >= 4.5, (text, background)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of WCAG 2.2 of two colors such as #1f6f5c."""

    def luminance(color: str) -> float:
        digits = color.lstrip("#")
        digits = digits if len(digits) == 6 else "".join(2 * d for d in digits)
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)
