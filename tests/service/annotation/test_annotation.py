"""People annotate a project: all kinds, once each, paid once, deleted when they withdraw."""

import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import func, select

from gamelabel.games.annotation.layouts.answer_files import read_answer_files
from gamelabel.service.annotation import annotation_start
from gamelabel.service.annotation.annotation_tables import annotation_prompts
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.annotation.load_project import count_left_out, load_project
from gamelabel.service.api import create_app
from gamelabel.service.database_tables import metadata, rewards
from gamelabel.service.launch_tokens import SERVICE
from gamelabel.service.problems import Problem
from tests.service.annotation.annotation_harness import (
    ANSWERS,
    NAME,
    AnnotationService,
    read_annotation_project,
    write_project,
)
from tests.service.test_serve import free_ports

DOCS = Path(__file__).parents[3] / "docs/annotation.md"
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def count(service, table):
    with service.store.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_one_person_answers_every_kind_from_launch_to_export(service):
    ann = service.person("ann", times=True)
    item = ann.item()
    kinds = [step["kind"] for step in item["steps"]]
    assert kinds == ["categorise", *["rate", "issues", "words", "regions"] * 4, "rank"] + 6 * [
        "compare"
    ]
    assert (item["prompt"], item["words"], item["pays"]) == (
        "bird number 0",
        item["prompt"].split(),
        7,
    )
    red = []  # the number of each picture in the file, by the number that the page knows
    for number in range(4):
        path = f"/v1/annotation/items/{item['item']}/pictures/{number}"
        data = service.players.get(path, headers=ann.headers).content
        picture = Image.open(io.BytesIO(data))
        assert picture.size == (16, 12)
        red.append(round(picture.getpixel((8, 6))[0] / 40))
    assert sorted(red) == [0, 1, 2, 3] != red
    for step in range(len(kinds)):
        reply = ann.answer(item, step, ms=1000 + step)
    assert (reply["reward"]["amount"], reply["prompts"]) == (7, 1)
    assert ann.answer(item, len(kinds) - 1) == reply  # a repeated request is not paid again
    assert count(service, rewards) == 1

    tables = service.tables()
    assert {name: len(rows) for name, rows in tables.items()} == {
        "prompts": 2, "pictures": 8, "categorise": 1, "rate": 4, "issues": 4, "words": 4,
        "regions": 4, "rank": 4, "compare": 6,
    }  # fmt: skip
    names = [f"p0-{number}.png" for number in red]
    assert [row["picture"] for row in tables["rate"]] == names
    assert tables["rate"][0]["alignment"] == 7
    assert tables["words"][0]["missing"] == ["bird", "0"]
    assert (tables["regions"][0]["x"], tables["regions"][0]["y"]) == ([0.25], [0.5])
    places = {row["picture"]: row["place"] for row in tables["rank"]}
    assert places == {names[2]: 1, names[0]: 2, names[3]: 2, names[1]: 3}
    first = tables["compare"][0]
    assert (first["chosen"], first["rejected"]) == (names[0], names[1])
    assert first["shown_left"] == names[0]
    assert tables["categorise"][0]["response_ms"] == 1000
    assert tables["categorise"][0]["answered_at"].timestamp() == service.clock.now


def test_an_answer_that_is_not_one_is_refused_and_nothing_is_stored(service):
    ann = service.person("ann")
    item = ann.item()
    wrong = {
        "categorise": {"category": "cars", "problematic": False},
        "rate": {"overall": 8, "alignment": 7, "fidelity": 1},
        "issues": {"issues": ["blurry", "blurry"]},
        "words": {"words": [3]},
        "regions": {"points": [[0.5, 1.01]]},
        "rank": {"places": [[0], [], [1, 2, 3]]},
        "compare": {"chosen": 9},
    }
    refused = set()
    for number, step in enumerate(item["steps"]):
        if step["kind"] not in refused:
            refused.add(step["kind"])
            problem = ann.answer(item, number, wrong[step["kind"]], status=422)
            assert problem["type"] == "urn:gamelabel:answer", problem
    assert refused == wrong.keys()
    ann.answer(item, 0, "animals", status=422)
    deep = []
    for _ in range(500):
        deep = [deep]
    for answer in ({"words": deep}, {"words": [10**4000]}):
        ann.answer(item, 3, answer, status=422)
    path = f"/v1/annotation/items/{item['item']}/steps/0"
    for body in ({"answer": []}, {"answer": {}, "more": 1}, {"answer": {}, "ms": -1}, {}):
        ann.call("PUT", path, body, 422)
    assert not any(step["is_answered"] for step in ann.item()["steps"])


def test_the_first_answer_counts_and_a_reload_goes_on_after_it(service):
    ann, bo = service.person("ann"), service.person("bo")
    item = ann.item()
    ann.answer(item, 0)
    ann.answer(item, 0)
    problem = ann.answer(item, 0, {"category": "places", "problematic": False}, status=409)
    assert problem["type"] == "urn:gamelabel:answered"
    again = service.person("ann").item()
    assert again["item"] == item["item"]
    assert [step["is_answered"] for step in again["steps"]][:3] == [True, False, False]
    bo.answer(item, 1, status=404)
    bo.call("GET", f"/v1/annotation/items/{item['item']}/pictures/0", status=404)
    ann.call("GET", f"/v1/annotation/items/{item['item']}/pictures/4", status=404)


def test_an_answer_can_be_changed_until_the_prompt_is_finished(make_service):
    service = make_service(tasks="tasks: [rate]\n", n_pictures=2)
    ann = service.person("ann")
    item = ann.item()
    ann.answer(item, 0)
    changed = {"overall": 2, "alignment": 2, "fidelity": 2}
    ann.answer(item, 0, changed, replaces=True)
    ann.answer(item, 0, status=409)  # another window, which does not know of the answer
    assert ann.answer(item, 1)["reward"]
    ann.answer(item, 0, replaces=True, status=409)
    assert [row["overall"] for row in service.tables()["rate"]] == [2, 5]


def test_prompts_are_dealt_evenly_until_enough_people_have_annotated_them(make_service):
    service = make_service(tasks="tasks: [rank]\n")
    names = ["ann", "bo", "cy"]
    first = {name: service.person(name).item()["prompt"] for name in names}
    assert first == {"ann": "bird number 0", "bo": "bird number 1", "cy": "bird number 0"}
    for name in names:
        service.person(name).annotate()
    assert service.person("bo").item(404)["type"] == "urn:gamelabel:finished"
    assert service.person("ann").item()["prompt"] == "bird number 1"
    service.person("cy").annotate()
    assert service.person("ann").annotate()["prompts"] == 2  # an open one may be finished
    figures = service.operator.get("/v1/figures").json()[0]["annotation"]
    (alpha,) = figures.pop("alpha")
    assert alpha["task"] == "order of two pictures"
    assert figures == {
        "prompts": 2, "annotated": 2, "annotators": 2, "closed": None, "answers": 5,
    }  # fmt: skip


def test_a_withdrawal_deletes_the_answers_and_the_prompt_is_dealt_again(make_service):
    service = make_service(tasks="tasks: [rank]\n", n_prompts=1)
    ann = service.person("ann")
    ann.annotate()
    service.person("bo").annotate()
    service.person("cy").item(404)
    ann.call("DELETE", "/v1/player", status=204)
    assert len(service.tables()["rank"]) == 4
    assert service.person("cy").annotate()["prompts"] == 1
    assert service.person("ann").state == "withdrawn"


def test_without_consent_or_with_a_launch_to_label_nobody_annotates(service):
    launch = {"launch": service.launch("ann", SERVICE)}
    assert service.players.post("/v1/sessions", json=launch).status_code == 401
    reply = service.players.post("/v1/sessions", json={"launch": service.launch("bo")})
    headers = {"Authorization": f"Bearer {reply.json()['session']}"}
    reply = service.players.post("/v1/annotation/items", headers=headers)
    assert (reply.status_code, reply.json()["type"]) == (403, "urn:gamelabel:consent")
    assert service.players.post("/v1/annotation/items").status_code == 401
    assert service.operator.put("/v1/games/hills/paused").status_code == 204
    assert service.person("cy").item(503)["type"] == "urn:gamelabel:paused"


@on_sqlite
def test_times_are_stored_only_with_consent_and_never_with_minimal(make_service):
    service = make_service(tasks="tasks: [rank]\n")
    ann = service.person("ann")
    ann.answer(ann.item(), 0, ms=1234)
    row = service.tables()["rank"][0]
    assert row["response_ms"] is None
    assert row["answered_at"] is not None
    quiet = make_service(tasks="tasks: [rank]\n", minimal=True)
    bo = quiet.person("bo", times=True)
    bo.answer(bo.item(), 0, ms=1234)
    assert quiet.tables()["rank"][-1]["answered_at"] is None


@on_sqlite
def test_a_prompt_is_answered_in_its_own_project_only(service):
    """Sessions hold at the servers of all projects, whose tasks and pay differ."""
    ann = service.person("ann")
    item = ann.item()
    project = service.annotations.project
    load_project(service.store, project, "fish")
    fish = AnnotationWork(service.store, service.settings, project, "fish")
    session = ann.headers["Authorization"].removeprefix("Bearer ")
    for call in (
        lambda: fish.answer_step(session, item["item"], 0, ANSWERS["categorise"], None),
        lambda: fish.answer_again(session, item["item"]),
        lambda: fish.picture(session, item["item"], 0),
    ):
        with pytest.raises(Problem, match="This person has no item"):
            call()
    own = fish.open_item(session)
    assert own["item"] != item["item"]
    ann.answer(item, 0)
    fish.answer_step(session, own["item"], 0, ANSWERS["categorise"], None)
    (figures,) = service.operator.get("/v1/figures").json()
    assert figures["annotation"]["answers"] == 1  # those of this project


def test_ten_requests_at_once_pay_once(make_service):
    service = make_service(tasks="tasks: [rank]\n")
    ann = service.person("ann")
    item = ann.item()
    with ThreadPoolExecutor(10) as threads:
        replies = list(threads.map(lambda _: ann.answer(item, 0), range(10)))
    assert all(reply == replies[0] for reply in replies)
    assert count(service, rewards) == 1


@on_sqlite
def test_a_project_may_grow_but_not_change_what_was_asked(url, tmp_path):
    folder = tmp_path / "project"
    service = AnnotationService(url, write_project(folder, "tasks: [rank]\n", n_prompts=1))

    def load(tasks="tasks: [rank]\n", n_prompts=1, change=("", "")):
        path = write_project(folder, tasks, n_prompts)
        path.write_text(path.read_text().replace(*change))
        return load_project(service.store, read_annotation_project(path), NAME)

    assert load() == 0
    assert load(n_prompts=3) == 2
    with pytest.raises(ValueError, match=r"tasks of .*birds\.yaml differ .* another name"):
        load("tasks: [rate]\n")
    with pytest.raises(ValueError, match=r"prompt p0 has other words or pictures"):
        load(change=("bird number 0", "cat"))
    load(n_prompts=1)  # the others are not dealt any more
    with service.store.read() as connection:
        query = select(annotation_prompts.c.retired).order_by(annotation_prompts.c.place)
        assert list(connection.execute(query).scalars()) == [False, True, True]
        assert count_left_out(connection, NAME) == 2
    assert load(n_prompts=3) == 0  # they are again
    with service.store.read() as connection:
        assert count_left_out(connection, NAME) == 0
    service.store.close()


def test_a_start_says_what_is_not_served(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(annotation_start, "serve_activities", lambda store, *_: store.close())
    monkeypatch.chdir(tmp_path)
    inspected = "{inspectors: [{game: trial, player: ivy}, {game: hills, player: ines}]}"
    for n_prompts in (3, 1):
        tasks = f"tasks: [rate]\ninspection: {inspected}\n"
        project = write_project(tmp_path / "project", tasks, n_prompts)
        annotation_start.serve_annotation(project, port=free_ports(2))
    first, second = capsys.readouterr().out.split("1 prompts are new")
    assert "does not list" not in first
    assert "birds.yaml does not list 2 prompts that the database has of the project" in second
    assert "  ivy: http://" in second
    assert "the inspector ines is of the game hills, which is not served here" in second


@on_sqlite
def test_the_program_of_the_docs_reads_the_export(service, tmp_path, monkeypatch, capsys):
    service.person("ann").annotate()
    archive = service.operator.get("/v1/annotation/export").content
    zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path)
    (tmp_path / "my-pictures").symlink_to(tmp_path / "project")
    monkeypatch.chdir(tmp_path)
    text = DOCS.read_text(encoding="utf-8")
    program = text.partition("```python\n")[2].partition("```")[0]
    exec(compile(program, "docs/annotation.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "p0-3.png" in printed
    assert "blurry    1.0" in printed


@on_sqlite
def test_the_export_is_what_the_layouts_of_other_tools_are_written_from(service, tmp_path):
    service.person("ann").annotate()
    service.person("bob").annotate()
    path = tmp_path / "answers.zip"
    path.write_bytes(service.operator.get("/v1/annotation/export").content)
    answers = read_answer_files(path)
    assert not answers.rejected
    for name, rows in answers.tables().items():
        with zipfile.ZipFile(path) as archive:
            table = pq.read_table(io.BytesIO(archive.read(f"{name}.parquet")))
        kept = table.select(list(rows[0])).to_pylist()
        assert len(rows) == len(kept) and all(row in kept for row in rows)


@on_sqlite
def test_the_page_shows_title_and_guidelines_without_running_them(make_service):
    guidelines = "guidelines: |\n  Look <b>closely</b>.\n\n  Then answer.\ntasks: [rate]\n"
    service = make_service(tasks=guidelines)
    page = service.players.get("/annotate/hills")
    assert "<p>Look &lt;b&gt;closely&lt;/b&gt;.</p>" in page.text
    assert "frame-ancestors https://game.example" in page.headers["Content-Security-Policy"]
    assert service.players.get("/annotate/nothing").status_code == 404


def test_all_personal_tables_are_emptied(service):
    ann = service.person("ann")
    ann.answer(ann.item(), 0)
    ann.call("DELETE", "/v1/player", status=204)
    names = [table for table in metadata.sorted_tables if table.name.startswith("annotation_")]
    counts = {table.name: count(service, table) for table in names if "player" in table.c}
    assert set(counts.values()) == {0}


def test_the_command_prints_addresses_that_let_people_in(tmp_path, monkeypatch, capsys):
    served = {}

    def serve(store, settings, outbox, activities, ports):
        served["app"] = create_app(store, settings, outbox, activities)
        served["store"] = store

    monkeypatch.setattr(annotation_start, "serve_activities", serve)
    monkeypatch.chdir(tmp_path)
    project = write_project(tmp_path / "project")
    annotation_start.serve_annotation(project, port=free_ports(2))
    printed = capsys.readouterr().out
    assert "2 of 2 prompts are new in the project birds" in printed
    addresses = re.findall(r"http://\S+/annotate/trial#(\S+)", printed)
    assert len(addresses) == 3
    people = TestClient(served["app"])
    assert people.get("/annotate/trial").status_code == 200
    for launch in addresses:
        reply = people.post("/v1/sessions", json={"launch": launch})
        assert reply.status_code == 201, reply.text
    names = {path.name for path in (tmp_path / "data/runs/annotate-birds/game").iterdir()}
    assert {"game.db", "keys.json", "operator.key"} <= names
    served["store"].close()
