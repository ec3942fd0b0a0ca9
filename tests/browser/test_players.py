"""What players expect of buttons, practice, breaks, pay and their data."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from gamelabel.service.database_tables import players
from gamelabel.service.page import render_page
from gamelabel.service.pairs import pair_routes
from gamelabel.service.pairs.pair_tables import assignments, pairs
from tests.browser.conftest import Demo
from tests.browser.test_demo import Open
from tests.browser.walks import agreed_player, at_pair, choose, enter, labels, launch_address, learn


def test_a_double_tap_confirms_nothing(demo: Demo, open_page: Open) -> None:
    page = open_page(launch_address(demo, is_new=True))
    page.locator("#slide-1 button:enabled").dblclick()
    page.wait_for_timeout(600)
    assert page.is_visible("#slide-2")
    for number in (2, 3):
        page.locator(f"#slide-{number} button").click()
    page.locator("#right[aria-disabled=false]").dblclick()
    page.locator("#next[aria-disabled=false]").dblclick()
    page.wait_for_timeout(600)
    assert page.locator("#progress").inner_text() == "Practice 1 of 2"
    assert page.is_visible("#right[data-verdict=right]")
    page.locator("#next").click()
    for side, verdict in (("right", "wrong"), ("left", "right")):
        page.locator(f"#{side}[aria-disabled=false]").click()
        page.locator("#next[aria-disabled=false]").click()
        page.locator(f"#{side}[data-verdict={verdict}]").wait_for()
    page.locator("#next[aria-disabled=false]").dblclick()
    page.wait_for_timeout(600)
    assert page.is_visible("#consent")  # nobody agrees by accident
    page.locator("#agree").click()
    at_pair(page, 1)
    for _ in range(2):
        page.locator("#left").dblclick()
    page.wait_for_timeout(600)
    assert page.locator("#progress").inner_text() == "Pair 1 of 5"
    assert page.locator("#left").get_attribute("aria-pressed") == "true"
    page.locator("#next").dblclick()
    at_pair(page, 2)
    assert page.locator("#next").get_attribute("aria-disabled") == "true"


def test_practice_marks_a_wrong_answer_as_wrong(demo: Demo, open_page: Open) -> None:
    page = open_page(launch_address(demo, is_new=True))
    for number in (1, 2, 3):
        page.locator(f"#slide-{number} button").click()
    page.locator("#left[aria-disabled=false]").click()
    mark = "name => getComputedStyle(document.querySelector(name), '::after').content"
    assert page.evaluate(mark, "#left") == '"chosen"'  # says nothing about right and wrong
    page.locator("#next").click()
    assert page.evaluate(mark, "#left") == '"✗ not this"'
    assert "Look again" in page.locator("#hint").inner_text()
    page.locator("#announcer", has_text="Look again").wait_for(state="attached")
    assert page.locator("#next").get_attribute("aria-disabled") == "true"
    page.keyboard.press("Enter")
    assert page.locator("#progress").inner_text() == "Practice 1 of 2"
    page.locator("#right").click()
    assert page.evaluate(mark, "#left") == "none"
    page.locator("#next").click()
    assert page.evaluate(mark, "#right") == '"✓ right"'
    page.locator("#next[aria-disabled=false]").click()
    page.locator("#progress", has_text="Practice 2 of 2").wait_for()
    assert page.evaluate(mark, "#right") == "none"


@pytest.mark.parametrize("how", ["exit", "reload"])
def test_a_player_goes_on_with_the_same_pair_after_a_break(
    demo: Demo, open_page: Open, how: str
) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    choose(frame, last=2)
    at_pair(frame, 3)
    prompt = frame.locator("#prompt").inner_text()
    if how == "exit":
        frame.locator("#exit").click()
        page.wait_for_selector("iframe", state="detached")
    else:
        page.reload()
    frame = enter(page)
    at_pair(frame, 3)
    assert frame.locator("#prompt").inner_text() == prompt
    choose(frame, first=3)
    frame.locator("#paid-h").wait_for()
    assert labels(demo) == 5


def test_a_page_outside_a_frame_can_be_left_too(demo: Demo, open_page: Open) -> None:
    page = open_page(launch_address(demo))
    choose(page, last=1)
    page.locator("#exit").click()
    page.locator("#end-h", has_text="See you later").wait_for()
    assert "kept on this device" in page.locator("#end-p").inner_text()
    page.wait_for_timeout(800)
    assert page.is_visible("#end")  # what was under way shows nothing any more
    page.locator("#about").click()
    page.locator("#withdraw").click()
    page.locator("#withdraw-now").click()
    page.locator("#end-h", has_text="Your data are deleted").wait_for()


def test_one_tap_does_not_withdraw(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    choose(frame)
    frame.locator("#paid-h").wait_for()
    frame.locator("#about").click()
    frame.locator("#withdraw:enabled").dblclick()
    frame.locator("#data-sure").wait_for()
    page.wait_for_timeout(600)
    assert labels(demo) == 5
    frame.locator("#keep").click()
    frame.locator("#more").click()
    choose(frame, last=1)
    frame.locator("#about").click()
    frame.locator("#withdraw").click()
    page.route("**/v1/player", lambda route: route.abort())
    frame.locator("#withdraw-now").click()
    frame.locator("#wait-p", has_text="Your data are not deleted yet").wait_for()
    assert labels(demo) == 5
    page.unroute("**/v1/player")
    frame.locator("#end-h", has_text="Your data are deleted").wait_for()
    assert labels(demo) == 0
    assert page.frames[1].evaluate("localStorage.length") == 0


def answer_batch(page: Any, demo: Demo, right: bool) -> str:
    """Answer a batch of known pairs all right or all wrong; return what the page says then."""
    for number in range(1, 6):
        at_pair(page, number)
        query = (
            select(assignments.c.left, pairs.c.gold)
            .join(pairs, pairs.c.id == assignments.c.pair)
            .where(assignments.c.place == number - 1)
            .order_by(assignments.c.player.desc())
        )
        with demo.store.read() as connection:
            row = connection.execute(query).first()
        side = "left" if (row.left == row.gold) == right else "right"
        choose(page, number, number, side)
    page.locator("#paid-h", has_text="coins").wait_for()
    return page.locator("#paid .body").inner_text()


def test_pay_praises_nobody_for_answers_that_it_has_not_judged(demo: Demo, open_page: Open) -> None:
    texts = []
    for right in (True, False):
        page = open_page(launch_address(demo))
        texts.append(answer_batch(page, demo, right))
    assert texts[0] == texts[1]  # the first batch pays a fixed amount, which says nothing of it
    assert re.search(r"Pay level \d of 5", texts[0])
    for praise in ("good", "excellent", "well done", "★"):
        assert praise not in texts[0].lower()


def stored_texts(page: Any) -> tuple[list[str], list[str]]:
    """Return what the consent and `Your data` say is stored."""
    read = "names => [...document.querySelectorAll(names)].map(e => e.textContent)"
    return page.evaluate(read, "#consent li"), page.evaluate(read, "#data li")


def test_your_data_lists_what_the_consent_lists(demo: Demo, open_page: Open) -> None:
    page = open_page(launch_address(demo))
    at_pair(page, 1)
    consent, data = stored_texts(page)
    assert consent == data
    assert "which picture you chose, and when" in data[1]
    assert "what you earned, and when" in data[3]
    assert "how long you looked" in data[4]


def test_without_times_none_are_listed(demo: Demo, open_page: Open) -> None:
    class Game:
        game_id, title, origin, coin = "demo", "Seven Hills", "https://game.example", "coins"

    html = render_page(pair_routes._TEMPLATE, game=Game, look_s=1.0, minimal=True)
    page = open_page("about:blank")
    page.set_content(html)
    consent, data = stored_texts(page)
    assert consent == data
    assert len(data) == 4
    text = page.locator("body").evaluate("e => e.textContent")
    assert "and when" not in text
    assert "how long" not in text.lower()


def test_a_player_can_change_whether_times_are_stored(demo: Demo, open_page: Open) -> None:
    def stored() -> list[bool]:
        with demo.store.read() as connection:
            return [row.times for row in connection.execute(select(players))]

    page = open_page(demo.game)
    frame = enter(page)
    frame.locator("#about").click()
    assert frame.locator("#times-choice").is_hidden()  # there is no consent yet
    frame.locator("#close").click()
    learn(frame)
    at_pair(frame, 1)
    assert stored() == [False]
    frame.locator("#about").click()
    with page.expect_response("**/v1/consent"):
        frame.locator("#times-now").check()
    assert stored() == [True]
    page.reload()
    frame = enter(page)
    at_pair(frame, 1)
    frame.locator("#about").click()
    assert frame.locator("#times-now").is_checked()
    with page.expect_response("**/v1/consent"):
        frame.locator("#times-now").uncheck()
    assert stored() == [False]
