"""People are asked about a prompt until its answers are clear, whichever process takes them."""

import dataclasses

import pytest
from sqlalchemy import func, select, update

from gamelabel.service.annotation.annotation_tables import annotation_pictures, annotation_prompts
from gamelabel.service.annotation.annotation_work import AnnotationWork
from gamelabel.service.annotation.load_project import count_again, load_project
from gamelabel.service.annotation.prompt_stopping import read_points
from gamelabel.service.database_tables import players
from gamelabel.service.store import snapshot
from tests.service.annotation.annotation_harness import NAME
from tests.service.annotation.test_quality import pictures_of

STOP = "stop: {confidence: 1, quorum: 2, maximum: 3}\n"
COMPARE = {"tasks": f"{STOP}tasks: [compare]\n", "n_pictures": 2}
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def choose(service, name: str, better: int) -> str:
    """Let a person choose a picture, by its number in the file; return the prompt's id."""
    person = service.person(name)
    item = person.item()
    path = f"/v1/annotation/items/{item['item']}/pictures/0"
    data = service.players.get(path, headers=person.headers).content
    is_first = data == picture_of(service, item["prompt"], 0)
    chosen = 0 if is_first == (better == 0) else 1
    person.answer(item, 0, {"chosen": chosen})
    return f"p{item['prompt'].split()[-1]}"


def picture_of(service, prompt: str, number: int) -> bytes:
    query = (
        select(annotation_pictures.c.data)
        .join(annotation_prompts, annotation_prompts.c.id == annotation_pictures.c.prompt)
        .where(annotation_prompts.c.prompt == prompt, annotation_pictures.c.number == number)
    )
    with service.store.read() as connection:
        return connection.execute(query).scalar_one()


def prompts(service) -> dict[str, tuple[float, str | None]]:
    columns = [annotation_prompts.c[name] for name in ("prompt_id", "certainty", "closed")]
    with service.store.read() as connection:
        return {row[0]: (row[1], row[2]) for row in connection.execute(select(*columns))}


def test_a_prompt_is_asked_until_people_agree_or_the_maximum_is_reached(make_service):
    service = make_service(**COMPARE)
    asked = [choose(service, name, better=0) for name in ("ann", "bo")]
    assert sorted(asked) == ["p0", "p1"]  # what nobody has been asked comes first
    second = choose(service, "ann", better=1), choose(service, "bo", better=0)
    assert sorted(second) == ["p0", "p1"]
    agreed, disputed = second[1], second[0]
    assert (prompts(service)[agreed][1], prompts(service)[disputed][1]) == ("quorum", None)
    assert choose(service, "cy", better=0) == disputed
    assert service.person("cy").item(404)["type"] == "urn:gamelabel:finished"
    points = {row["prompt_id"]: row for row in service.tables()["points"]}
    files = [f"{agreed}-0.png", f"{agreed}-1.png"]
    assert [points[agreed][name] for name in ("kind", "first", "second")] == ["compare", *files]
    assert (points[agreed]["answer"], points[agreed]["votes"]) == (files[0], 2)
    assert {row["stopped"] for row in points.values()} == {"quorum"}
    game = service.operator.get("/v1/figures").json()[0]
    assert (game["annotation"]["closed"], game["annotation"]["annotated"]) == ({"quorum": 2}, 2)


@on_sqlite
def test_a_quarrel_ends_at_the_maximum(make_service):
    tasks = f"{STOP}tasks: [{{kind: categorise, categories: {{a: A, b: B, c: C}}}}]\n"
    service = make_service(tasks=tasks, n_prompts=1)
    for name, category in zip("xyz", "abc", strict=True):
        person = service.person(name)
        person.answer(person.item(), 0, {"category": category, "problematic": False})
    assert prompts(service)["p0"][1] == "maximum"


def test_a_chain_of_ratings_and_a_ranking_is_asked_until_the_places_agree(make_service):
    chain = f"{STOP}tasks: [rate, issues, rank]\n"
    service = make_service(tasks=chain, n_prompts=1)
    for name, places, closed in (
        ("ann", [0, 1, 2, 2], None),
        ("bo", [0, 1, 2, 3], None),
        ("cy", [0, 1, 2, 2], "quorum"),
    ):
        rank_after_rating(service.person(name), places)
        assert prompts(service)["p0"][1] == closed
    points = {(row["first"], row["second"]): row for row in service.tables()["points"]}
    answers = [points[("p0-0.png", "p0-1.png")], points[("p0-2.png", "p0-3.png")]]
    assert [row["answer"] for row in answers] == ["p0-0.png", "tie"]
    assert {row["kind"] for row in points.values()} == {"rank"}
    before = prompts(service)
    AnnotationWork(service.store, service.settings, service.annotations.project, NAME)
    assert prompts(service) == before


def rank_after_rating(person, places: list[int]) -> None:
    """Answer all steps of the next prompt, with the places of the pictures in the file."""
    item = person.item()
    shown = pictures_of(person, item)
    for number, step in enumerate(item["steps"]):
        answer = None
        if step["kind"] == "rank":
            tied = [[n for n in range(4) if places[shown[n]] == place] for place in range(4)]
            answer = {"places": [place for place in tied if place]}
        person.answer(item, number, answer)


def test_two_processes_close_a_prompt_together_and_a_restart_changes_nothing(make_service):
    service = make_service(**COMPARE)
    first = service.annotations
    other = AnnotationWork(service.store, service.settings, first.project, NAME)
    for name, work in (("ann", first), ("bo", other)):
        session = service.person(name).headers["Authorization"].split()[1]
        for _ in range(2):
            item = work.open_item(session)
            number = item["steps"][0]["pictures"][0]
            shown = first.picture(session, item["item"], number)
            is_first = shown == picture_of(service, item["prompt"], 0)
            work.answer_step(session, item["item"], 0, {"chosen": number if is_first else 1}, None)
    before = prompts(service)
    assert {closed for _, closed in before.values()} == {"quorum"}
    AnnotationWork(service.store, service.settings, first.project, NAME)
    assert prompts(service) == before


def test_answers_to_known_prompts_count_and_these_never_close(make_service):
    known = ", ".join(
        f"{{prompt: bird number k{n}, id: k{n}, pictures: [p0-0.png, p0-1.png], answers: "
        "[{kind: compare, chosen: p0-0.png, rejected: p0-1.png}]}"
        for n in range(3)
    )
    tasks = f"{COMPARE['tasks']}trust: {{share: 0.9, least: 0.1, known: [{known}]}}\n"
    service = make_service(tasks=tasks, n_pictures=2, n_prompts=6)
    people, asked = ["ann", "bo", "cy"], []
    for _ in range(6):
        asked += [choose(service, name, better=0) for name in people]
    assert [asked.count(f"pk{n}") for n in range(3)] == [3] * 3  # more than the quorum
    service.annotations.stopping.rebuild()
    closed = {name: reason for name, (_, reason) in prompts(service).items()}
    assert [closed[f"k{n}"] for n in range(3)] == [None] * 3
    assert "quorum" in closed.values()
    assert {row["prompt_id"] for row in service.tables()["points"]} == {f"p{n}" for n in range(6)}
    with snapshot(service.store.engine) as connection:
        points = read_points(connection, service.annotations.project, NAME)
    assert points.n_counted("k0") == 3


def test_who_withdraws_opens_a_prompt_again(make_service):
    service = make_service(**COMPARE, n_prompts=1)
    for name in ("ann", "bo"):
        choose(service, name, better=0)
    assert prompts(service)["p0"][1] == "quorum"
    service.person("ann").call("DELETE", "/v1/player", status=204)
    service.annotations.stopping.rebuild()
    assert prompts(service)["p0"][1] is None
    assert choose(service, "cy", better=0) == "p0"
    assert prompts(service)["p0"][1] == "quorum"


@on_sqlite
def test_votes_of_removed_people_do_not_close_a_prompt(make_service):
    service = make_service(**COMPARE, n_prompts=1)
    for name in ("ann", "bo"):
        choose(service, name, better=0)
    with service.store.write() as connection:
        first = select(func.min(players.c.id)).scalar_subquery()
        connection.execute(update(players).where(players.c.id == first).values(state="removed"))
        count_again(connection)
    service.annotations.stopping.note_removal()
    service.annotations.stopping.rebuild()
    assert prompts(service)["p0"][1] is None
    assert [row["votes"] for row in service.tables()["points"]] == [1]


@on_sqlite
def test_a_prompt_that_has_left_the_file_can_be_finished(make_service):
    service = make_service(**COMPARE)
    ann = service.person("ann")
    item = ann.item()
    assert item["prompt"] == "bird number 0"
    project = service.annotations.project
    fewer = dataclasses.replace(project, prompts=project.prompts[1:])
    load_project(service.store, fewer, NAME)
    work = AnnotationWork(service.store, service.settings, fewer, NAME)
    session = ann.headers["Authorization"].split()[1]
    assert work.answer_step(session, item["item"], 0, {"chosen": 0}, None)["reward"]
