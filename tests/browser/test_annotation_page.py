"""One annotator answers every kind of task in a real browser; the operator exports the answers."""

import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tests.browser.access_checks import check_colors_and_motion, check_names, check_reach
from tests.browser.conftest import Running, free_port
from tests.service.annotation.annotation_harness import (
    OPERATOR_KEY,
    AnnotationService,
    Person,
)

SIZES = {"portrait": (390, 844), "landscape": (844, 390), "desktop": (1440, 900)}
SIZES["zoomed"] = (320, 256)  # 1280 x 1024 at 400 %: all of a question scrolls
SAMPLE = Path(__file__).parents[2] / "examples/annotation/scenes.yaml"
QUALITY = ("qualification", "trust", "inspection")  # tested by test_inspection_page.py
SHOTS = os.environ.get("GAMELABEL_SCREENSHOTS")
# What is pressed in the question and is smaller than 44 pixels, also if a label covers it.
SMALL = """() => [...document.querySelectorAll('section button, #task label')]
  .filter(e => e.offsetParent !== null)
  .map(e => [e.getBoundingClientRect(), e.className || e.id])
  .filter(([box]) => box.width < 43.9 || box.height < 43.9)
  .map(([box, name]) => `${name} ${box.width} x ${box.height}`)"""


class Studio:
    """The annotation service and its operator, on free ports."""

    def __init__(self, folder: Path) -> None:
        project = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
        project = {name: value for name, value in project.items() if name not in QUALITY}
        for prompt in project["prompts"]:
            prompt["pictures"] = [str(SAMPLE.parent / name) for name in prompt["pictures"]]
        path = folder / "scenes.yaml"
        path.write_text(yaml.safe_dump(project), encoding="utf-8")
        self.service = AnnotationService(f"sqlite:///{folder / 'game.db'}", path)
        self.service.clock.now = time.time()
        self.port, self.operator_port = free_port(), free_port()
        self.servers = [
            Running(self.service.player_app, self.port),
            Running(self.service.operator_app, self.operator_port),
        ]

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/annotate/hills#{self.service.launch(name)}"

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        self.service.store.close()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    running = Studio(tmp_path)
    yield running
    running.stop()


def shoot(page: Any, name: str) -> None:
    """Check the page at each size, and keep a picture if GAMELABEL_SCREENSHOTS names a folder."""
    before = page.viewport_size
    page.locator(":disabled:visible").first.wait_for(state="detached")
    check_names(page, name)
    check_colors_and_motion(page, name)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
        assert page.evaluate(SMALL) == [], (name, size)
        check_reach(page, (name, size), all_in_window=size != "zoomed")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/annotate-{name}-{size}.png")
    page.set_viewport_size(before)


def at_step(page: Any, kind: str) -> None:
    page.locator(f"#task[data-kind={kind}]:visible").wait_for()
    page.wait_for_function("() => document.activeElement.id === 'prompt'")


def confirm(page: Any) -> None:
    """Press Next once it reacts."""
    page.locator("#next[aria-disabled=false]:enabled").focus()
    page.keyboard.press("Enter")


def look_at_the_data(page: Any) -> None:
    page.locator("#about").tap()
    shoot(page, "data")
    page.locator("#withdraw").tap()
    shoot(page, "withdraw")
    page.locator("#keep").tap()


def leave_one_of_each_kind(ann: Person) -> None:
    """Answer by the protocol what the browser need not: all but the first step of each kind."""
    item, kinds = ann.item(), set()
    for number, step in enumerate(item["steps"]):
        if step["kind"] in kinds:
            ann.answer(item, number)
        kinds.add(step["kind"])


def test_one_annotator_answers_every_kind_from_launch_to_export(studio, open_page):
    page = open_page(studio.address("ann"), 390, 844, has_touch=True)
    page.locator("#begin").wait_for()
    shoot(page, "intro")
    page.locator("#begin:enabled").tap()
    page.locator("#consent").wait_for()
    shoot(page, "consent")
    look_at_the_data(page)
    page.locator("#agree:enabled").tap()
    page.locator("#task[data-kind=categorise]:visible").wait_for()
    leave_one_of_each_kind(Person(studio.service, "ann", False))
    page.goto(studio.address("bo"))  # another address in the same tab is another person
    page.locator("#begin").wait_for()
    page.goto(studio.address("ann"))

    at_step(page, "categorise")
    page.reload()  # without a game that sends another launch
    at_step(page, "categorise")
    assert page.locator("#next").get_attribute("aria-disabled") == "true"
    page.get_by_label("Several equal things").click()
    shoot(page, "categorise")
    confirm(page)

    at_step(page, "rate")
    page.keyboard.press("5")
    page.keyboard.press("7")
    assert page.locator("#next").get_attribute("aria-disabled") == "true"
    page.keyboard.press("1")
    shoot(page, "rate")
    confirm(page)

    at_step(page, "issues")
    page.locator("#skip:enabled", has_text="Back").tap()
    at_step(page, "rate")
    page.keyboard.press("4")  # instead of 5; the other two are still there
    shoot(page, "back")
    confirm(page)

    at_step(page, "issues")
    page.locator("label", has_text="blurry").tap()
    shoot(page, "issues")
    confirm(page)

    at_step(page, "words")
    page.locator(".word").first.tap()
    shoot(page, "words")
    for language, direction in (("لوحة للمحيط", "rtl"), ("two stars", "ltr")):
        page.evaluate(
            f"for (const e of document.querySelectorAll('.word')) e.textContent = '{language}'"
        )
        assert page.locator(".words").evaluate("e => getComputedStyle(e).direction") == direction
    confirm(page)

    at_step(page, "regions")
    box = page.locator(".target").bounding_box()
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    page.locator(".target").focus()
    for key in ("ArrowRight", "ArrowUp", "Enter", "Enter", "Backspace"):
        page.keyboard.press(key)
    shoot(page, "regions")
    confirm(page)

    at_step(page, "rank")
    for key in "2132":  # the first and the last are a tie
        page.keyboard.press(key)
    page.keyboard.press("ArrowRight")
    shoot(page, "rank")
    confirm(page)

    at_step(page, "compare")
    page.keyboard.press("2")
    shoot(page, "compare")
    stage = page.locator("#stage").bounding_box()
    for ratio in (0.006, 160):  # of 50 x 8000 pixels, and of 8000 x 50
        page.evaluate(f"document.querySelector('.view').style.setProperty('--ratio', {ratio})")
        box = page.locator(".view").first.bounding_box()
        assert min(box["width"], box["height"]) >= 44
        assert box["height"] <= stage["height"] / 2 + 1
        assert box["width"] <= stage["width"] + 1
    confirm(page)
    page.get_by_role("heading", name="+20 coins").wait_for()
    shoot(page, "paid")
    page.locator("#back:enabled").tap()
    page.get_by_role("heading", name="Thank you!").wait_for()
    shoot(page, "end")
    assert page.messages == []

    operator = open_page(f"http://127.0.0.1:{studio.operator_port}/", 1000, 700)
    operator.locator("#key").fill(OPERATOR_KEY)
    operator.get_by_role("button", name="Show the figures").click()
    with operator.expect_download() as download:
        operator.get_by_role("button", name="Export the answers").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        rows = {
            name.removesuffix(".parquet"): pq.read_table(io.BytesIO(archive.read(name))).to_pylist()
            for name in archive.namelist()
        }
    assert "of 3 annotated by 2 people" in operator.locator("#games").inner_text()
    first = {name: answers[0] for name, answers in rows.items()}
    shown = [row["picture"] for row in rows["rate"]]
    assert (first["categorise"]["category"], first["issues"]["issues"]) == ("several", ["blurry"])
    assert [first["rate"][name] for name in ("overall", "alignment", "fidelity")] == [4, 7, 1]
    assert first["words"]["positions"] == [0]
    assert first["regions"]["x"] == pytest.approx([0.25, 0.3], abs=0.02)
    assert first["regions"]["y"] == pytest.approx([0.75, 0.7], abs=0.02)
    places = {row["picture"]: row["place"] for row in rows["rank"]}
    assert [places[picture] for picture in shown] == [2, 1, 3, 2]
    assert first["compare"]["chosen"] == shown[1]
