"""Lost connections, other windows and devices: players are told, and go on where they were."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from gamelabel.service.database_tables import sessions
from tests.browser.conftest import Demo
from tests.browser.test_demo import Open
from tests.browser.walks import agreed_player, at_pair, choose, enter, labels, launch_address, learn

PICTURES = "**/v1/pictures/*"


def fail_first(page: Any, address: str, times: int, how: Callable[[Any], None]) -> list[str]:
    """Let the first requests of an address fail, and return the list of all of them."""
    seen: list[str] = []

    def handle(route: Any) -> None:
        seen.append(route.request.url)
        if len(seen) <= times:
            how(route)
        else:
            route.continue_()

    page.route(address, handle)
    return seen


def test_one_failed_picture_does_not_stop_the_pair(demo: Demo, open_page: Open) -> None:
    page = open_page("about:blank")
    seen = fail_first(page, PICTURES, 1, lambda route: route.abort())
    page.goto(launch_address(demo))
    choose(page)
    page.locator("#paid-h", has_text="+40 coins").wait_for()
    assert len(seen) == 11  # ten pictures, one of them twice
    assert labels(demo) == 5


def test_a_damaged_picture_is_loaded_again(demo: Demo, open_page: Open) -> None:
    page = open_page("about:blank")
    half = {"content_type": "image/jpeg", "body": b"\xff\xd8\xff\xe0 not a picture"}
    seen = fail_first(page, PICTURES, 3, lambda route: route.fulfill(**half))
    page.goto(launch_address(demo))
    choose(page)
    page.locator("#paid-h", has_text="+40 coins").wait_for()
    assert len(seen) == 13


def test_a_picture_that_fails_again_and_again_has_a_notice_and_a_button(
    demo: Demo, open_page: Open
) -> None:
    page = open_page("about:blank")
    page.route(PICTURES, lambda route: route.abort())
    page.goto(launch_address(demo))
    page.locator("#wait-h", has_text="No connection right now").wait_for()
    assert "The pictures are on their way" in page.locator("#wait-p").inner_text()
    page.locator("#announcer", has_text="No connection right now").wait_for(state="attached")
    # Tries are further and further apart, so that the button is worth pressing.
    page.locator("#wait-next", has_text="Next try in 8 s").wait_for()
    page.unroute(PICTURES)
    page.evaluate("document.getElementById('retry').click()")
    at_pair(page, 1)
    assert page.is_hidden("#wait")
    choose(page)
    page.locator("#paid-h", has_text="+40 coins").wait_for()


def test_pictures_of_later_pairs_fail_unnoticed(demo: Demo, open_page: Open) -> None:
    page = open_page("about:blank")
    blocked = True

    def first_pair_only(route: Any) -> None:
        if len(seen) < 2 or not blocked:
            seen.append(route.request.url)
            route.continue_()
        else:
            route.abort()

    seen: list[str] = []
    page.route(PICTURES, first_pair_only)
    page.goto(launch_address(demo))
    at_pair(page, 1)
    page.wait_for_timeout(1500)
    assert page.is_visible("#pair")  # the other pictures have failed by now
    choose(page, last=1)
    page.locator("#wait-h", has_text="No connection right now").wait_for()
    blocked = False
    at_pair(page, 2)
    choose(page, first=2)
    page.locator("#paid-h").wait_for()


def test_a_request_without_an_answer_is_given_up(demo: Demo, open_page: Open) -> None:
    page = open_page("about:blank")
    page.clock.install()
    held: list[Any] = []
    is_away = True

    def handle(route: Any) -> None:
        if is_away:
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/sessions", handle)
    page.goto(launch_address(demo, is_new=True))
    page.locator("#wait-h", has_text="One moment").wait_for()
    page.clock.fast_forward(21_000)
    # The notice stays, since later tries have no answer either.
    page.locator("#wait-h", has_text="No connection right now").wait_for()
    is_away = False
    page.clock.fast_forward(21_000)  # gives up the next try, if that was held as well
    page.locator("#slide-1").wait_for()
    assert held


def test_the_service_is_away_at_launch(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game)
    page.route("**/v1/sessions", lambda route: route.abort())
    frame = enter(page)
    frame.locator("#wait-h", has_text="No connection right now").wait_for()
    frame.locator("#exit").click()  # there is always a way back
    page.wait_for_selector("iframe", state="detached")
    frame = enter(page)
    frame.locator("#wait-h", has_text="No connection right now").wait_for()
    page.unroute("**/v1/sessions")
    frame.locator("#slide-1").wait_for()


def test_the_game_takes_back_a_player_whose_page_does_not_start(
    demo: Demo, open_page: Open
) -> None:
    page = open_page(demo.game)
    demo.stop()
    enter(page)
    page.wait_for_selector("iframe", state="detached")
    page.locator("#news", has_text="Labeling cannot be reached right now").wait_for()
    demo.restart()
    enter(page).locator("#slide-1").wait_for()


def test_a_page_without_its_scripts_says_so(demo: Demo, open_page: Open) -> None:
    page = open_page("about:blank")
    page.route("**/static/frame.js", lambda route: route.abort())
    page.goto(launch_address(demo))
    page.locator("text=This takes long").wait_for()
    page.unroute("**/static/frame.js")
    page.goto("about:blank")
    page.goto(launch_address(demo))
    at_pair(page, 1)
    assert page.is_hidden("text=This takes long")


def test_a_second_window_sees_that_the_first_has_answered(demo: Demo, open_page: Open) -> None:
    first = open_page(demo.game, cookies=agreed_player(demo))
    one = enter(first)
    at_pair(one, 1)
    second = first.context.new_page()
    second.goto(demo.game)
    other = enter(second)
    at_pair(other, 1)
    choose(one)
    one.locator("#paid-h").wait_for()
    other.locator("#note-h", has_text="These pairs are answered already").wait_for()
    other.locator("#continue").click()
    choose(other)
    other.locator("#paid-h").wait_for()
    assert labels(demo) == 10


def test_another_device_sees_that_the_first_has_answered(demo: Demo, open_page: Open) -> None:
    first = open_page(demo.game, cookies=agreed_player(demo))
    one = enter(first)
    at_pair(one, 1)
    pages = []
    for _ in range(2):
        page = open_page("about:blank")
        page.context.add_cookies(first.context.cookies())
        page.goto(demo.game)
        pages.append((page, enter(page)))
        at_pair(pages[-1][1], 1)
    choose(pages[0][1], last=4, side="right")
    choose(one)
    one.locator("#paid-h").wait_for()
    choose(pages[0][1], first=5, side="right")  # only now does this device learn of it
    pages[1][0].frames[1].evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    for _, frame in pages:
        frame.locator("#note-h", has_text="These pairs are answered already").wait_for()
        frame.locator("#continue").click()
        at_pair(frame, 1)
    assert labels(demo) == 5


def test_another_player_on_the_device_starts_afresh(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    choose(frame, last=2)
    at_pair(frame, 3)
    first = page.context.cookies()
    page.context.clear_cookies()
    page.reload()
    frame = enter(page)
    learn(frame)  # the second player has not seen the introduction
    at_pair(frame, 1)
    choose(frame)
    frame.locator("#paid-h").wait_for()
    page.context.add_cookies(first)
    page.reload()
    frame = enter(page)
    choose(frame, first=3)  # the first player goes on
    frame.locator("#paid-h").wait_for()
    assert labels(demo) == 10


def test_answers_do_not_go_to_a_player_who_comes_between(demo: Demo, open_page: Open) -> None:
    page = open_page(demo.game, cookies=agreed_player(demo))
    frame = enter(page)
    choose(frame, last=4)
    at_pair(frame, 5)
    with demo.store.write() as connection:
        connection.execute(update(sessions).values(expires_at=0))
    first = page.context.cookies()
    page.context.clear_cookies()
    page.request.get(demo.game)
    choose(frame, first=5)
    frame.locator("#end-h", has_text="Somebody else is playing now").wait_for()
    assert labels(demo) == 0
    frame.locator("#again").click()
    frame.locator("#slide-1").wait_for()
    page.context.clear_cookies()
    page.context.add_cookies(first)
    page.reload()
    enter(page).locator("#paid-h", has_text="+40 coins").wait_for()
    assert labels(demo) == 5
