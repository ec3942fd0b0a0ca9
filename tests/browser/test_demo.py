"""The demo in a real browser, from the game's map to the coins that a player earns."""

import re
from collections.abc import Callable
from typing import Any

import httpx
from sqlalchemy import select, update

from gamelabel.service.database_tables import players
from gamelabel.service.pairs.pair_tables import pairs
from tests.browser.conftest import Demo
from tests.browser.walks import agreed_player, at_pair, choose, enter, label_five, labels, learn

Open = Callable[..., Any]


def test_from_launch_to_reward(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game)
    frame = enter(page)
    learn(frame)
    label_five(page, frame)
    assert frame.locator("#paid-h").inner_text() == "+40 coins"
    frame.locator("#back").click()
    page.locator("#coins", has_text="80").wait_for()
    assert labels(demo) == 5
    assert page.messages == []
    allowed = (demo.game, demo.service, "blob:", "data:")
    assert [address for address in page.urls if not address.startswith(allowed)] == []


def test_answers_survive_a_stopped_service_and_a_reload(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    choose(frame, last=4)
    at_pair(frame, 5)
    demo.stop()
    choose(frame, first=5)
    frame.locator("#wait-h", has_text="No connection right now").wait_for()
    frame.locator("#wait-p", has_text="Your answers are kept").wait_for()
    assert labels(demo) == 0
    page.reload()
    demo.restart()
    frame = enter(page)
    frame.locator("#paid-h", has_text="+40 coins").wait_for()
    assert labels(demo) == 5


def test_a_removed_player_is_thanked_and_returned_to_the_game(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
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
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    frame.locator("#progress", has_text="Pair 1 of 5").wait_for()
    prompt_shown = frame.locator("#prompt").inner_text()
    label_five(page, frame)
    assert prompt_shown.split() in [prompt.split() for prompt in HOSTILE]
    assert page.frames[1].locator("h1").count() == 9  # only those of the page itself
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


COLORS = """() => {
const style = getComputedStyle(document.documentElement)
const names = ['paper', 'card', 'ink', 'soft', 'edge', 'main', 'on-main', 'bad', 'focus']
return Object.fromEntries(
  names.map(name => [name, style.getPropertyValue('--' + name).trim()])) }"""


def test_text_contrasts_with_its_background(demo: Demo, open_page: Open) -> None:
    page = open_page(f"{demo.service}/play/demo")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        check_contrasts(page.evaluate(COLORS), scheme)


def check_contrasts(colors: dict[str, str], scheme: str) -> None:
    for text, background in [
        ("ink", "paper"),
        ("soft", "paper"),
        ("ink", "card"),
        ("on-main", "main"),
        ("bad", "card"),
        ("paper", "ink"),
        ("paper", "bad"),
    ]:
        assert contrast(colors[text], colors[background]) >= 4.5, (scheme, text, background)
    for part in ("edge", "main", "bad", "focus"):  # borders of controls, the level of pay, focus
        for background in ("paper", "card"):
            assert contrast(colors[part], colors[background]) >= 3, (scheme, part, background)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of WCAG 2.2 of two colors such as #1f6f5c or rgb(31, 111, 92)."""

    def luminance(color: str) -> float:
        if color.startswith("rgb"):
            parts = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        else:
            digits = color.lstrip("#")
            digits = digits if len(digits) == 6 else "".join(2 * d for d in digits)
            parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)
