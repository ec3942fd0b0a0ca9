"""A real browser plays environments: keyboard, touch, two players, a lost connection."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

pytest.importorskip("gymnasium")
pytest.importorskip("websockets")

from gamelabel.games.play.recorded_tables import game_ids, read_episodes
from gamelabel.games.play.task_file import read_project
from gamelabel.games.play.tasks import Project
from gamelabel.service.play import play_start
from gamelabel.service.play.play_tables import (
    play_comments,
    play_payments,
    play_sessions,
    recruitments,
)
from tests.service.harness import wait_until
from tests.service.play.play_harness import PlayServer, make_project

Open = Callable[..., Any]
FOLDER = Path(play_start.__file__).parent
SIZES = [(320, 568), (390, 844), (844, 390), (667, 375), (768, 1024), (1280, 720), (1920, 1080)]


def serve(folder: Path, project: Project) -> Iterator[PlayServer]:
    server = PlayServer(f"sqlite:///{folder / 'game.db'}", folder / "recordings", project)
    yield server
    server.close()


@pytest.fixture
def demo_server(tmp_path: Path) -> Iterator[PlayServer]:
    yield from serve(tmp_path, read_project(FOLDER / "demo_tasks.yaml"))


@pytest.fixture
def small_server(tmp_path: Path) -> Iterator[PlayServer]:
    yield from serve(tmp_path, make_project())


def enter(open_page: Open, server: PlayServer, link: str = "channel=link", **options: Any) -> Any:
    """Open a link, and agree."""
    page = open_page(f"{server.address}/library/lab?{link}", **options)
    page.locator("#agree:enabled").click()
    return page


def start(page: Any, title: str = "") -> None:
    """Choose a task, and start it."""
    if title:
        page.locator("#tasks button", has_text=title).click()
    page.locator("#start:enabled").click()
    page.locator("#game").wait_for()
    page.wait_for_function("() => document.getElementById('picture').width > 1")


def pixels(page: Any) -> str:
    """Return what is on the canvas."""
    picture: str = page.evaluate("document.getElementById('picture').toDataURL()")
    return picture


def wait_for_another_picture(page: Any, before: str = "") -> None:
    """Wait until the canvas shows something else than `before`, by default than now."""
    page.wait_for_function(
        "old => document.getElementById('picture').toDataURL() !== old", arg=before or pixels(page)
    )


def finish(page: Any) -> None:
    page.locator("#finish").click()
    page.locator("#result").wait_for()


def actions(server: PlayServer, task: str) -> set[int]:
    """Return the actions in the recordings of a task."""
    found: set[int] = set()

    def recorded() -> bool:
        for game in game_ids(server.folder):
            for episode in read_episodes(server.folder, game):
                if episode.episode["task"] == task:
                    found.update(int(action) for action in episode.steps["action"])
        return bool(found)

    assert wait_until(recorded, 60.0)
    return found


def test_a_browser_plays_with_the_keyboard(demo_server: PlayServer, open_page: Open) -> None:
    page = enter(open_page, demo_server, width=1280, height=720)
    start(page, "Orchard")
    page.keyboard.down("ArrowLeft")
    wait_for_another_picture(page)
    page.keyboard.up("ArrowLeft")
    goals = page.locator("#goals li")
    assert goals.count() == 2
    assert "Apples" in goals.nth(1).inner_text()
    assert not page.locator("#pad-move").is_visible()  # there is no touch screen
    finish(page)
    assert page.locator("#result-places article").count() >= 2
    assert actions(demo_server, "orchard") == {0, 1}
    # the next game begins from the same page
    page.locator("#to-library:enabled").click()
    start(page, "Frozen lake")
    before = pixels(page)
    page.keyboard.press("ArrowRight")  # the figure turns, even if it slides or stays
    wait_for_another_picture(page, before)
    assert page.messages == []
    assert all(url.startswith((demo_server.address, "blob:")) for url in page.urls)


def test_a_browser_plays_by_touch(demo_server: PlayServer, open_page: Open) -> None:
    page = enter(open_page, demo_server, width=390, height=844, has_touch=True, is_mobile=True)
    start(page, "Orchard")
    box = page.locator(".ArrowRight").bounding_box()
    assert min(box["width"], box["height"]) >= 44
    session = page.context.new_cdp_session(page)
    point = {"x": box["x"] + 20, "y": box["y"] + 20}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    page.wait_for_timeout(600)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(300)
    finish(page)
    assert actions(demo_server, "orchard") == {0, 2}
    assert page.messages == []


@pytest.mark.skipif(find_spec("ale_py") is None, reason="the extra `atari` is not installed")
def test_a_browser_plays_an_atari_game(tmp_path: Path, open_page: Open) -> None:
    project = read_project(FOLDER / "demo_atari_tasks.yaml")
    for server in serve(tmp_path, project):
        page = enter(open_page, server, width=1280, height=720)
        start(page, "Breakout")
        size = page.evaluate("[picture.width, picture.height]")
        assert size == [160, 210]
        page.keyboard.down("Space")
        page.wait_for_timeout(500)
        page.keyboard.up("Space")
        page.keyboard.down("ArrowRight")
        page.wait_for_timeout(500)
        finish(page)
        assert len(actions(server, "breakout")) == 3
        assert page.messages == []


def test_two_browsers_play_one_game_and_one_is_closed(
    demo_server: PlayServer, open_page: Open
) -> None:
    ann = enter(open_page, demo_server, width=900, height=600)
    bob = enter(open_page, demo_server, width=900, height=600)
    for page in (ann, bob):
        page.locator("#tasks button", has_text="Rally").click()
        page.locator("#start:enabled").click()
        page.locator("#lobby").wait_for()
    for page in (ann, bob):
        page.locator("#ready:visible:enabled").click()
    for page in (ann, bob):
        page.locator("#game").wait_for()
    assert "blue" in ann.locator("#seat").inner_text()
    assert "orange" in bob.locator("#seat").inner_text()
    ann.keyboard.down("ArrowUp")
    bob.keyboard.down("ArrowDown")
    bob.wait_for_timeout(1000)
    bob.close()
    ann.wait_for_timeout(2000)
    wait_for_another_picture(ann)  # the game goes on
    finish(ann)
    assert wait_until(lambda: len(game_ids(demo_server.folder)) == 1, 90.0)
    (game,) = game_ids(demo_server.folder)
    episodes = read_episodes(demo_server.folder, game)
    controllers = pd.concat(
        episode.steps.pivot(index="frame", columns="seat", values="controller")
        for episode in episodes
    )
    together = (controllers["left"] == "human") & (controllers["right"] == "human")
    alone = (controllers["left"] == "human") & (controllers["right"] == "fallback")
    assert together.any() and alone.any()


def test_a_game_goes_on_after_a_lost_connection(small_server: PlayServer, open_page: Open) -> None:
    page = enter(open_page, small_server, width=900, height=600)
    start(page, "Dots")
    page.keyboard.down("ArrowRight")
    page.wait_for_timeout(1000)
    for player in small_server.live.players.values():
        small_server.live._loop.call_soon_threadsafe(player.socket.abort)
    page.locator("#curtain", has_text="Connection lost").wait_for()
    page.locator("#curtain").wait_for(state="hidden")
    wait_for_another_picture(page)
    finish(page)
    assert wait_until(lambda: len(game_ids(small_server.folder)) == 1, 60.0)
    (game,) = game_ids(small_server.folder)
    assert len(read_episodes(small_server.folder, game)) == 1


def test_the_newer_window_takes_over_and_the_older_can_have_it_back(
    small_server: PlayServer, open_page: Open
) -> None:
    older = enter(open_page, small_server, width=900, height=600)
    start(older, "Dots")
    newer = older.context.new_page()
    newer.goto(older.url)
    start(newer, "Dots")
    older.locator("#end").wait_for()
    assert "another window" in older.locator("#end-h").inner_text()
    older.locator("#again:enabled").click()
    start(older, "Dots")
    newer.locator("#end").wait_for()


@pytest.mark.parametrize("touch", [False, True])
def test_every_size_shows_the_game_and_its_buttons(
    demo_server: PlayServer, open_page: Open, touch: bool
) -> None:
    page = enter(open_page, demo_server, width=1280, height=720, has_touch=touch, is_mobile=touch)
    start(page, "Orchard")
    page.locator("#goals li").first.wait_for()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)
        where = (width, height)
        for name in ("#picture", "#finish", "#report", *([".ArrowLeft"] if touch else [])):
            box = page.locator(name).bounding_box()
            assert box, (name, where)
            assert box["x"] >= 0, (name, where)
            assert box["x"] + box["width"] <= width + 1, (name, where)
            if name != "#report" and name != "#finish":
                assert box["y"] + box["height"] <= height + 1, (name, where)
            if name != "#picture":
                assert min(box["width"], box["height"]) >= 24, (name, where)
        picture = page.locator("#picture").bounding_box()
        assert picture["width"] * picture["height"] >= 0.15 * width * height, where
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where


def test_a_turk_worker_previews_plays_and_submits(
    small_server: PlayServer, open_page: Open
) -> None:
    link = "channel=mturk&workerId=A1&hitId=H1&turkSubmitTo=https://evil.example"
    preview = open_page(
        f"{small_server.address}/library/lab?{link}&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE"
    )
    preview.locator("#end-h", has_text="preview").wait_for()
    page = enter(open_page, small_server, f"{link}&assignmentId=S1&task=paid")
    start(page)
    page.locator("#goals .met").wait_for()
    finish(page)
    assert "$0.50" in page.locator("#result-p").inner_text()
    sent = []
    page.route(
        "https://www.mturk.com/**",
        lambda route: (sent.append(route.request.post_data), route.fulfill(body="thanks")),
    )
    assert not page.locator("#again-game").is_visible()
    page.reload()  # the work is not lost
    page.locator("#submit-work:enabled").click()
    page.wait_for_url("https://www.mturk.com/mturk/externalSubmit")
    assert "assignmentId=S1" in sent[0]


def test_a_player_reports_a_problem_enters_the_raffle_and_withdraws(
    small_server: PlayServer, open_page: Open
) -> None:
    page = enter(open_page, small_server, "channel=email", width=900, height=600)
    start(page, "Prize")
    page.locator("#report").click()
    page.locator("#comment-text").fill("The dot is yellow.")
    page.locator("#comment-send").click()
    page.locator("#goals .met").wait_for()
    finish(page)
    page.locator("#email").fill("ann@example.org")
    page.locator("#raffle button").click()
    page.locator("#raffle-p", has_text="You are in").wait_for()
    with small_server.store.read() as connection:
        comment = connection.execute(select(play_comments)).one()
        assert (comment.kind, comment.text) == ("problem", "The dot is yellow.")
        assert connection.execute(select(play_payments.c.email)).scalar() == "ann@example.org"
    page.locator("#again-game:enabled").click()
    start(page)
    page.locator("#about").click()
    page.locator("#withdraw:enabled").click()
    page.locator("#withdraw-now:enabled").click()
    page.locator("#end-h", has_text="Your data are deleted").wait_for()
    assert wait_until(lambda: not [p for p in small_server.folder.rglob("*") if p.is_file()], 60.0)
    with small_server.store.read() as connection:
        for table in (play_comments, play_sessions, recruitments):
            assert connection.execute(select(table)).all() == []
