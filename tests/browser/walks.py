"""Steps that several browser tests take."""

from typing import Any

import httpx
from sqlalchemy import select

from gamelabel.service.pairs.pair_tables import assignments
from tests.browser.conftest import Demo


def launch_address(demo: Demo, is_new: bool = False) -> str:
    """Return the address of the page with a launch of a player who has agreed, or of a new one."""
    with httpx.Client(base_url=demo.game) as game:
        game.get("/")
        if not is_new:
            _agree(demo, game)
        return f"{demo.service}/play/demo#{_launch(game)}"


def agreed_player(demo: Demo) -> list[dict[str, str]]:
    """Return the cookies of a player of the game who has agreed to take part."""
    with httpx.Client(base_url=demo.game) as game:
        game.get("/")
        _agree(demo, game)
        return [{"name": "player", "value": game.cookies["player"], "url": demo.game}]


def _agree(demo: Demo, game: httpx.Client) -> None:
    entry = httpx.post(f"{demo.service}/v1/sessions", json={"launch": _launch(game)}).json()
    headers = {"Authorization": f"Bearer {entry['session']}"}
    httpx.put(f"{demo.service}/v1/consent", json={}, headers=headers).raise_for_status()


def _launch(game: httpx.Client) -> str:
    launch: str = game.post("/launches").json()["launch"]
    return launch


def enter(page: Any) -> Any:
    """Open the frame from the map."""
    page.click("#earn")
    page.click("#label")
    return page.frame_locator("iframe")


def learn(frame: Any) -> None:
    """Go through slides, two practice pairs (the second wrong at first) and consent."""
    for number in (1, 2, 3):
        frame.locator(f"#slide-{number} button").click()
    for side, verdict in (("right", "right"), ("right", "wrong"), ("left", "right")):
        frame.locator(f"#{side}[aria-disabled=false]").click()
        frame.locator("#next[aria-disabled=false]").click()
        frame.locator(f"#{side}[data-verdict={verdict}]").wait_for()
        if verdict == "right":
            frame.locator("#next[aria-disabled=false]").click()
    frame.locator("#agree").click()


def at_pair(frame: Any, number: int) -> None:
    """Wait until a pair of the batch is shown and can be answered."""
    frame.locator("#progress", has_text=f"Pair {number} of 5").wait_for()
    frame.locator("#left[aria-disabled=false]").wait_for()


def choose(frame: Any, first: int = 1, last: int = 5, side: str = "left") -> None:
    """Answer some pairs of a batch with the mouse."""
    for number in range(first, last + 1):
        at_pair(frame, number)
        frame.locator(f"#{side}").click()
        frame.locator("#next[aria-disabled=false]").click()


def label_five(page: Any, frame: Any) -> None:
    """Label five pairs with the keys 1, 2 and Enter."""
    for i in range(5):
        at_pair(frame, i + 1)
        page.keyboard.press("12"[i % 2])
        page.keyboard.press("Enter")
    frame.locator("#paid-h").wait_for()


def labels(demo: Demo) -> int:
    """Return how many answers are stored."""
    with demo.store.read() as connection:
        answered = select(assignments).where(assignments.c.choice.is_not(None))
        return len(connection.execute(answered).all())
