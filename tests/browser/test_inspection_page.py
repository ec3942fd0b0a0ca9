"""An annotator passes the test and works, an inspector decides, in a real browser."""

import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.browser.conftest import Running, free_port
from tests.browser.test_annotation_page import at_step, confirm, shoot
from tests.service.annotation.annotation_harness import (
    OPERATOR_KEY,
    AnnotationService,
    Person,
)

PICTURES = Path(__file__).parents[2] / "examples/annotation/pictures"
PROJECT = """\
title: Do these pictures show what the words say?
annotators: 1
coins: 20
tasks:
  - kind: categorise
    categories: {one: One thing, several: Several equal things, two: Two different things}
  - rate
  - rank
qualification:
  examples:
    - prompt: two green squares
      pictures: SQUARES
      answers:
        - {kind: categorise, category: several, why: The words name one kind of thing.}
        - kind: rank
          places: [[SQUARES-1], [SQUARES-2, SQUARES-3], [SQUARES-4]]
          why: All show two green squares. The last ones touch and run into each other.
  questions:
    - prompt: three red stars
      pictures: STARS
      answers: [{kind: categorise, category: several, why: LONG}]
    - prompt: a green triangle under a yellow circle
      pictures: PAIR
      answers: [{kind: categorise, category: two, why: A triangle and a circle are different.}]
inspection:
  inspectors: [{game: hills, player: ivy}]
prompts:
  - prompt: a yellow star under a blue square
    id: star
    pictures: STAR
"""
# So long that the text and the form below it scroll.
LONG = " ".join(8 * ["These are three of the same thing as the words say."])
RIGHT = {"three red stars": "Several equal things"}
TWO = "Two different things"


class Lab:
    """The service with a project that tests and inspects people, on free ports."""

    def __init__(self, folder: Path) -> None:
        text = PROJECT.replace("LONG", LONG)
        for name in ("SQUARES", "STARS", "PAIR", "STAR"):
            files = [str(PICTURES / f"{name.lower()}-{n}.png") for n in (1, 2, 3, 4)]
            for number, file in enumerate(files, 1):
                text = text.replace(f"{name}-{number}", file)
            text = text.replace(f"pictures: {name}\n", f"pictures: {json.dumps(files)}\n")
        path = folder / "lab.yaml"
        path.write_text(text, encoding="utf-8")
        self.service = AnnotationService(f"sqlite:///{folder / 'game.db'}", path)
        self.service.clock.now = time.time()
        self.port, self.operator_port = free_port(), free_port()
        self.servers = [
            Running(self.service.player_app, self.port),
            Running(self.service.operator_app, self.operator_port),
        ]

    def address(self, name: str, page: str = "annotate") -> str:
        return f"http://127.0.0.1:{self.port}/{page}/hills#{self.service.launch(name)}"

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.service.store.close()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    running = Lab(tmp_path)
    yield running
    running.stop()


def take_test(page: Any, is_right: bool) -> None:
    """Answer a question of the test, and read what is said about the answer."""
    at_step(page, "categorise")
    right = RIGHT.get(page.locator("#prompt").inner_text(), TWO)
    page.get_by_label(right if is_right else "One thing").click()
    confirm(page)
    page.locator("#remark:visible").wait_for()
    said = page.locator("#remark").inner_text()
    assert said.startswith("Your answer is right." if is_right else "Not quite.")
    assert f"“{right}”" in said
    shoot(page, f"feedback-{'right' if is_right else 'wrong'}")
    confirm(page)


def pass_note(page: Any, title: str) -> None:
    page.get_by_role("heading", name=title).wait_for()
    page.locator("#continue:enabled").tap()


def begin(page: Any) -> None:
    page.locator("#begin:enabled").tap()
    page.locator("#agree:enabled").tap()


def look_to_the_decision(page: Any) -> None:
    page.locator("#skip:enabled").tap()
    page.get_by_role("heading", name="Your decision").wait_for()


def test_from_the_test_to_the_export_by_an_annotator_and_an_inspector(lab, open_page):
    page = open_page(lab.address("ann"), 390, 844, has_touch=True)
    begin(page)
    at_step(page, "categorise")
    assert page.locator("#remark").inner_text().startswith("Right answer: “Several equal things”")
    confirm(page)
    at_step(page, "rank")
    assert "place 2: pictures 2 and 3" in page.locator("#remark").inner_text()
    shoot(page, "example")
    confirm(page)
    take_test(page, is_right=False)
    pass_note(page, "Not passed this time")
    at_step(page, "categorise")
    page.locator("#skip:enabled").tap()
    take_test(page, is_right=True)
    page.get_by_role("heading", name="You have passed").wait_for()
    ann = Person(lab.service, "ann", False)
    item = ann.item()
    for number in range(5):
        answer = {"category": "one", "problematic": False} if number == 0 else None
        ann.answer(item, number, answer)
    pass_note(page, "You have passed")
    at_step(page, "rank")
    for key in "1234":
        page.keyboard.press(key)
    confirm(page)
    page.get_by_role("heading", name="+20 coins").wait_for()

    inspector = open_page(lab.address("ivy", "inspect"), 390, 844, has_touch=True)
    inspector.locator("#begin:enabled").wait_for()
    shoot(inspector, "inspect-intro")
    begin(inspector)
    at_step(inspector, "categorise")
    assert inspector.get_by_label("One thing").is_checked()
    shoot(inspector, "inspect-categorise")
    look_to_the_decision(inspector)
    inspector.locator("#return:enabled").dispatch_event("click")  # not without a reason
    inspector.locator("#reason").fill("A star and a square are two things.")
    shoot(inspector, "inspect-decision")
    inspector.locator("#return").tap()
    inspector.get_by_role("heading", name="Nothing waits for you").wait_for()

    page.goto("about:blank")
    page.goto(lab.address("ann"))
    page.get_by_role("heading", name="Please look at this again").wait_for()
    shoot(page, "returned")
    page.locator("#continue:enabled").tap()
    at_step(page, "categorise")
    assert "A star and a square" in page.locator("#remark").inner_text()
    assert page.get_by_label("One thing").is_checked()
    page.get_by_label(TWO).click()
    shoot(page, "answered-again")
    for number in range(6):
        page.wait_for_function(f"() => progress.textContent.startsWith('Question {number + 1}')")
        confirm(page)
    page.get_by_role("heading", name="You have annotated all there is").wait_for()

    pass_note(inspector, "Nothing waits for you")
    at_step(inspector, "categorise")
    assert "Returned before" in inspector.locator("#remark").inner_text()
    assert inspector.get_by_label(TWO).is_checked()
    confirm(inspector)
    at_step(inspector, "rate")
    inspector.keyboard.press("2")
    shoot(inspector, "inspect-rate")
    confirm(inspector)
    inspector.wait_for_function("() => progress.textContent.startsWith('Answer 3')")
    look_to_the_decision(inspector)
    assert "You changed 1 of 6 answers." in inspector.locator("#changes").inner_text()
    inspector.get_by_role("button", name="Store the corrections").tap()
    inspector.get_by_role("heading", name="Nothing waits for you").wait_for()
    for text in (*page.messages, *inspector.messages):  # of calls for which nothing is left
        assert "404 (Not Found)" in text, text

    operator = open_page(f"http://127.0.0.1:{lab.operator_port}/", 1000, 700)
    operator.locator("#key").fill(OPERATOR_KEY)
    operator.get_by_role("button", name="Show the figures").click()
    with operator.expect_download() as download:
        operator.get_by_role("button", name="Export the answers").click()
    figures = operator.locator("#games").inner_text()
    assert "0 accepted, 1 corrected, 1 returned; 0 wait" in figures
    assert "Agreement: rate" in figures
    if folder := os.environ.get("GAMELABEL_SCREENSHOTS"):
        operator.screenshot(path=f"{folder}/annotate-operator.png", full_page=True)
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        rows = {
            name.removesuffix(".parquet"): pq.read_table(io.BytesIO(archive.read(name))).to_pylist()
            for name in archive.namelist()
        }
    assert [row["decision"] for row in rows["inspections"]] == ["returned", "corrected"]
    assert rows["inspections"][0]["reason"] == "A star and a square are two things."
    assert rows["categorise"][0]["category"] == "two"
    assert json.loads(rows["corrections"][0]["answer"])["overall"] == 2
    assert sorted(row["is_right"] for row in rows["known_answers"]) == [False, True]
    assert (rows["annotators"][0]["qualified"], rows["annotators"][0]["failed_tries"]) == (True, 1)
