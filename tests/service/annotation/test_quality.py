"""Annotators qualify, are trusted as far as known answers allow, and are inspected."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import delete, func, select

from gamelabel.games.annotation.project_file import read_annotation_project
from gamelabel.service.annotation import quality_export
from gamelabel.service.annotation.annotation_tables import annotation_answers, annotation_items
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.annotation.inspection_work import InspectionWork
from gamelabel.service.annotation.load_project import load_project
from gamelabel.service.annotation.quality_tables import annotation_workers
from gamelabel.service.database_tables import rewards
from tests.service.annotation.annotation_harness import NAME, write_project

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
GOOD = {"places": [[0], [1], [2], [3]]}  # of the project's file
_PICTURES = "pictures: [p0-0.png, p0-1.png, p0-2.png, p0-3.png]"


def known(name, chosen=0):
    """Return a prompt on which the first picture is best, or another one."""
    rest = ", ".join(f"[p0-{n}.png]" for n in range(4) if n != chosen)
    answer = f"{{kind: rank, places: [[p0-{chosen}.png], {rest}], why: It is a {name}.}}"
    return f"{{prompt: a {name}, id: {name}, {_PICTURES}, answers: [{answer}]}}"


def listed(name, n):
    return "[" + ", ".join(known(f"{name}{i}") for i in range(n)) + "]"


TEST = f"tasks: [rank]\nqualification:\n  tries: 2\n  examples: {listed('example', 1)}\n"
TEST += f"  questions: {listed('question', 4)}\n"
TRUST = f"tasks: [rank]\ntrust:\n  share: 0.4\n  known: {listed('known', 10)}\n"
INSPECTED = """\
tasks: [compare]
inspection:
  inspectors: [{game: hills, player: ivy}, {game: hills, player: ines}]
  share: 1
  double: 0.5
"""


def pictures_of(person, item, path="items"):
    """Return the numbers that the pictures of an item have in the file, in the order shown."""
    numbers = []
    for number in range(item["pictures"]):
        address = f"/v1/annotation/{path}/{item['item']}/pictures/{number}"
        reply = person.service.players.get(address, headers=person.headers)
        picture = Image.open(io.BytesIO(reply.content))
        numbers.append(round(picture.getpixel((8, 6))[0] / 40))
    return numbers


def rank(person, right=True, item=None):
    """Rank the pictures of the next prompt by their numbers, or the other way round."""
    item = item or person.item()
    order = np.argsort(pictures_of(person, item)).tolist()
    places = [[number] for number in (order if right else order[::-1])]
    return person.answer(item, 0, {"places": places})


def paid(service):
    with service.store.read() as connection:
        return connection.execute(select(func.count()).select_from(rewards)).scalar_one()


def test_nobody_works_before_the_test_is_passed_and_tries_are_limited(make_service):
    service = make_service(tasks=TEST)
    page = service.players.get("/annotate/hills").text
    assert "what inspectors decide about them" in page  # before anybody agrees
    ann, bo = service.person("ann"), service.person("bo")
    example = ann.call("GET", "/v1/annotation/examples")[0]
    assert (example["steps"][0]["answer"], example["steps"][0]["why"]) == (
        GOOD,
        "It is a example0.",
    )
    seen = []
    for n, right in enumerate([True, False, False, False]):
        item = ann.item()
        seen.append(item["prompt"])
        assert (item["is_question"], item["pays"]) == (True, 0)
        reply = rank(ann, right, item)
        assert reply["feedback"]["is_right"] == right
        assert reply["feedback"]["why"] == f"It is {item['prompt']}."
        assert reply == rank(ann, right, item)  # a repeated request counts once
        assert reply["test"] == {"passed": [None, False][n % 2], "tries_left": 2 - (n + 1) // 2}
    assert len(set(seen)) == 4
    assert ann.item(403)["type"] == "urn:gamelabel:unqualified"

    assert [rank(bo)["test"]["passed"] for _ in range(2)] == [None, True]
    assert bo.call("GET", "/v1/annotation/examples") == []
    assert paid(service) == 0
    assert (bo.item()["is_question"], bo.item()["prompt"]) == (False, "bird number 0")
    assert rank(bo)["prompts"] == 1
    people = {row["failed_tries"]: row["qualified"] for row in service.tables()["annotators"]}
    assert people == {2: False, 0: True}
    assert [row["is_right"] for row in service.tables()["known_answers"]].count(True) == 3
    assert {row["prompt_id"] for row in service.tables()["rank"]} == {"p0"}


@on_sqlite
def test_a_question_that_is_taken_out_of_the_file_is_not_asked_any_more(make_service, tmp_path):
    service = make_service(tasks=TEST)
    ann = service.person("ann")
    item = ann.item()
    tasks = TEST.replace(listed("question", 4), listed("other", 4))
    project = read_annotation_project(write_project(tmp_path / "changed", tasks=tasks))
    load_project(service.store, project, NAME)
    changed = AnnotationWork(service.store, service.settings, project, NAME)
    session = ann.headers["Authorization"].removeprefix("Bearer ")
    asked = changed.open_item(session)
    assert asked["item"] != item["item"]
    assert len(asked["steps"]) == 1


@on_sqlite
def test_a_question_ends_when_its_last_answer_is_taken_out_of_the_file(make_service, tmp_path):
    tasks = "tasks: [{kind: categorise, categories: {animals: Animals, places: Places}}, issues]\n"
    fine = ", {kind: issues, picture: p0-0.png, issues: [], why: It is.}"
    questions = ", ".join(
        f"{{prompt: a {name}, id: {name}, {_PICTURES}, answers: "
        f"[{{kind: categorise, category: {category}, why: It is.}}{fine}]}}"
        for name, category in (("cat", "animals"), ("sea", "places"))
    )
    tasks += f"qualification: {{tries: 1, right: 1, questions: [{questions}]}}\n"
    service = make_service(tasks=tasks)
    ann = service.person("ann")
    item = ann.item()
    right = {"category": "animals" if item["prompt"] == "a cat" else "places"}
    ann.answer(item, 0, {**right, "problematic": False})
    changed = write_project(tmp_path / "changed", tasks=tasks.replace(fine, ""))
    project = read_annotation_project(changed)
    load_project(service.store, project, NAME)
    work = AnnotationWork(service.store, service.settings, project, NAME)
    asked = work.open_item(ann.headers["Authorization"].removeprefix("Bearer "))
    assert asked["item"] != item["item"]
    assert [step["is_answered"] for step in asked["steps"]] == [False]
    with service.store.read() as connection:
        right_so_far = connection.execute(select(annotation_workers.c.try_right)).scalar_one()
    assert right_so_far == 1


@on_sqlite
def test_the_work_of_people_who_answer_known_prompts_wrong_ends(make_service):
    service = make_service(tasks=TRUST, n_prompts=30)
    honest, guesser = service.person("honest"), service.person("guesser")
    for _ in range(30):
        item = honest.item()
        assert set(rank(honest, item=item)) == {"reward", "prompts", "feedback", "test"}
    while (reply := guesser.call("POST", "/v1/annotation/items", status=None)).get("item"):
        paid_for = rank(guesser, right=False, item=reply)
        assert (paid_for["reward"]["amount"], paid_for["test"]) == (7, None)
    assert reply["type"] in ("urn:gamelabel:removed", "urn:gamelabel:finished")
    by_state = {row["state"]: row for row in service.tables()["annotators"]}
    assert by_state["active"]["known_wrong"] == 0 < by_state["active"]["known_right"]
    assert by_state["removed"]["known_wrong"] >= 4
    assert by_state["removed"]["prompts"] <= 15
    assert {row["prompt_id"][0] for row in service.tables()["rank"]} == {"p"}  # no known ones


def decide(inspector, item, decision, status=204, **body):
    path = f"/v1/annotation/inspections/{item['item']}"
    content = {"round": item["round"], "decision": decision, **body}
    return inspector.call("PUT", path, content, status)


def next_item(inspector, status=200):
    return inspector.call("POST", "/v1/annotation/inspections", status=status)


def choose(person, best=0):
    """Choose a picture of each pair of the next prompt, by its number in the file."""
    item = person.item()
    number = pictures_of(person, item).index(best)
    return item, person.answer(item, 0, {"chosen": number})


def test_inspectors_accept_return_and_correct_and_annotate_a_share(make_service):
    service = make_service(tasks=INSPECTED, n_pictures=2)
    ann, bo = service.person("ann"), service.person("bo")
    ivy, ines = service.person("ivy"), service.person("ines")
    assert next_item(ivy, 404)["type"] == "urn:gamelabel:finished"
    assert next_item(ann, 403)["type"] == "urn:gamelabel:inspector"
    assert ivy.item(403)["type"] == "urn:gamelabel:inspector"
    for person in (ann, bo):
        for _ in range(2):
            choose(person)
    double = next_item(ivy)  # without seeing what others answered
    assert (double["is_double"], double["pays"], double["steps"][0]["answer"]) == (True, 0, None)
    number = pictures_of(ivy, double).index(1)
    assert ivy.answer(double, 0, {"chosen": number})["reward"] is None

    first = next_item(ivy)
    assert (first["is_double"], next_item(ivy)["item"]) == (False, first["item"])
    other = next_item(ines)
    assert other["item"] != first["item"]  # two inspectors look at different answers
    chosen = first["steps"][0]["answer"]["chosen"]
    assert pictures_of(ivy, first, "inspections")[chosen] == 0
    assert decide(ivy, first, "returned", 422)["type"] == "urn:gamelabel:reason"
    for answer in (chosen, 9):
        problem = decide(ivy, first, "corrected", 422, corrections={"0": {"chosen": answer}})
        assert problem["type"] == "urn:gamelabel:answer"
    decide(ivy, first, "returned", reason="Look at the beak.")
    decide(ivy, first, "returned", reason="Look at the beak.")
    assert decide(ines, first, "accepted", 409)["type"] == "urn:gamelabel:decided"
    decide(ines, other, "corrected", corrections={"0": {"chosen": 1 - _answer(other)}})

    owner, stranger = (ann, bo) if ann.item_returned() else (bo, ann)
    item = owner.item()
    assert (item["item"], item["returned"]) == (first["item"], "Look at the beak.")
    again = f"/v1/annotation/items/{item['item']}/answered-again"
    stranger.call("PUT", again, status=404)
    before = paid(service)
    assert owner.answer(item, 0, {"chosen": 1 - chosen})["reward"] is not None  # the first one
    owner.call("PUT", again, status=204)
    owner.call("PUT", again, status=204)
    owner.answer(item, 0, {"chosen": chosen}, status=409)
    assert paid(service) == before == 4
    back = next_item(ivy)
    assert (back["item"], back["round"], back["returned"]) == (
        first["item"],
        1,
        "Look at the beak.",
    )
    assert decide(ivy, {**back, "round": 2}, "accepted", 409)["type"] == "urn:gamelabel:decided"
    decide(ivy, back, "accepted")

    tables = service.tables()
    assert [row["decision"] for row in tables["inspections"]] == [
        "returned",
        "corrected",
        "accepted",
    ]
    corrected = json.loads(tables["corrections"][0]["answer"])["chosen"]
    assert corrected.endswith("-1.png")
    rows = {row["between"]: row for row in tables["agreement"]}
    assert (rows["annotators"]["pairs"], rows["inspectors"]["pairs"]) == (2, 2)
    assert (rows["decisions"]["pairs"], rows["decisions"]["agreement"]) == (2, 0.5)
    live = service.operator.get("/v1/figures").json()[0]["annotation"]["quality"]
    assert live["decisions"] == {"accepted": 1, "corrected": 1, "returned": 1}
    assert (live["waiting"], len(live["agreement"])) == (2, 3)


def test_a_decision_about_answers_that_are_deleted_at_that_moment(make_service, monkeypatch):
    service = make_service(tasks=INSPECTED.replace("double: 0.5", "double: 0"), n_pictures=2)
    choose(service.person("ann"))
    ivy = service.person("ivy")
    item = next_item(ivy)
    check = InspectionWork._check

    def withdraw_and_check(self, connection, row, *decision):
        checked = check(self, connection, row, *decision)
        for table, column in ((annotation_answers, "item"), (annotation_items, "id")):
            connection.execute(delete(table).where(table.c[column] == row.id))
        return checked

    monkeypatch.setattr(InspectionWork, "_check", withdraw_and_check)
    assert decide(ivy, item, "accepted", 404)["type"] == "urn:gamelabel:gone"


@on_sqlite
def test_live_agreement_counts_prompts_that_several_people_have_finished_first(
    make_service, monkeypatch
):
    monkeypatch.setattr(quality_export, "_MOST_LIVE", 1)
    service = make_service(tasks=INSPECTED, n_prompts=3, n_pictures=2)
    ann, bo = service.person("ann"), service.person("bo")
    for person, n in ((ann, 3), (bo, 1)):
        for _ in range(n):
            choose(person)
    (row,) = service.operator.get("/v1/figures").json()[0]["annotation"]["quality"]["agreement"]
    assert (row["between"], row["pairs"]) == ("annotators", 1)


@on_sqlite
def test_the_operator_sees_alpha_of_a_project_without_rules_of_quality(make_service):
    service = make_service(n_prompts=1)

    def alpha():
        rows = service.operator.get("/v1/figures").json()[0]["annotation"]["alpha"]
        return {row["task"]: row["value"] for row in rows}

    assert alpha() == {}
    service.person("ann").annotate()
    assert alpha() == {}  # nobody else has answered
    service.person("bo").annotate()
    shown = alpha()
    assert (shown["missing words"], shown["wrong places"]) == (1, 1)
    assert set(shown) >= {"better of two pictures", "order of two pictures"}
    service.person("bo").call("DELETE", "/v1/player", status=None)
    assert alpha() == {}


def _answer(item):
    return item["steps"][0]["answer"]["chosen"]


def test_withdrawals_of_either_side_lose_nothing_else(make_service):
    service = make_service(tasks=INSPECTED.replace("0.5", "0"), n_pictures=2, n_prompts=1)
    ann, ivy, ines = (service.person(name) for name in ("ann", "ivy", "ines"))
    choose(ann)
    item = next_item(ivy)
    decide(ivy, item, "returned", reason="No.")
    ivy.call("DELETE", "/v1/player", status=204)
    assert next_item(ines)["item"] == item["item"]  # it waits again, with its answers
    assert ann.item_returned() is False
    decide(ines, item, "returned", reason="Look again.")
    ann.call("DELETE", "/v1/player", status=204)
    problem = decide(ines, item, "accepted", 404)
    assert problem["type"] == "urn:gamelabel:gone"
    assert next_item(ines, 404)["type"] == "urn:gamelabel:finished"
    assert service.tables()["inspections"] == []
    choose(service.person("bo"))  # the prompt is dealt again
    assert next_item(ines)["prompt"] == "bird number 0"


@on_sqlite
def test_inspectors_never_decide_about_their_own_answers(make_service):
    own = make_service(
        tasks=INSPECTED.replace("ivy", "nobody").replace("ines", "zoe"), n_pictures=2
    )
    item, _ = choose(own.person("ivy"))
    keys = own.settings.keys
    own.annotations.inspectors.add(keys.mark("player", "hills", "ivy"))  # named later
    ivy = own.person("ivy")
    assert decide(ivy, {**item, "round": 0}, "accepted", 403)["type"] == "urn:gamelabel:own"
    assert next_item(ivy, 404)["type"] == "urn:gamelabel:finished"
