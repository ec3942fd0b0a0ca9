"""Teachers act, teach, compete and are paid; what they send too late or wrong loses nothing."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import select
from sqlalchemy import text as sql

from gamelabel.games.descent import read_descent_table
from gamelabel.service.database_tables import rewards
from gamelabel.service.dungeon.classroom import Classroom
from gamelabel.service.dungeon.teach_settings import load_learner, read_teach_settings
from gamelabel.service.dungeon.teach_tables import round_rewards, teachers
from gamelabel.service.migrations.versions import round_rewards_0009
from tests.service.dungeon.memory_learner import MemoryLearner
from tests.service.dungeon.teach_harness import MEMORY


def booked(school):
    with school.store.read() as connection:
        rows = connection.execute(select(rewards.c.player, rewards.c.amount)).all()
    return sorted(row.amount for row in rows)


def test_a_whole_round_by_two_teachers(school):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    assert ann.lesson()["round"]["stage"] == "between"
    assert school.run("open") == {"round": 1}
    lesson = ann.lesson()
    assert lesson["round"] | {"seconds_left": 0} == {
        "stage": "open",
        "number": 1,
        "rounds": 2,
        "seconds_left": 0,
        "subject": "",
        "least": 2,
        "most": 5,
        "examples": 0,
        "done": 0,
        "total": 0,
    }
    assert lesson["round"]["seconds_left"] == pytest.approx(40 * 60)
    taught = ann.give("first", "second")
    assert taught[0]["attempt"] is None  # no model yet
    assert taught[1]["round"]["examples"] == 2
    bo.give("first", "third")
    assert school.run("close") == {"round": 1}
    assert ann.lesson()["round"]["stage"] == "closed"
    assert ann.lesson()["results"] is None
    published = school.run("publish")
    assert published == {"round": 1, "teachers": 2, "rewards": 2}
    results = ann.lesson()["results"]
    assert [row["is_own"] for row in results["rows"]].count(True) == 1
    assert {row["place"] for row in results["rows"]} <= {1, 2}
    own = next(row for row in results["rows"] if row["is_own"])
    assert results["reward"]["amount"] in (30, 35, 40)
    assert own["examples"] == 2
    assert sum(booked(school)) == 10 + 10 + 30 + 20
    assert school.run("publish")["rewards"] == 0  # paid once
    assert len(booked(school)) == 2


def test_the_dragons_attempt_is_shown_at_once(school):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    for teacher in (ann, bo):
        teacher.give("one", "two")
    school.run("close")
    school.run("publish")
    school.run("open")
    done = ann.act()
    known = dict(school.classroom.descent.model().known)
    taught = ann.teach("One", number=2)
    assert taught["attempt"] == known.get("one", "")
    assert taught["meant"] == "; ".join(done)
    assert isinstance(taught["is_right"], bool)


def test_without_model_feedback_no_attempt_is_shown(make_school):
    school = make_school(variant="limit_without_model")
    ann, bo = school.teacher("ann"), school.teacher("bo")
    for number in (1, 2):
        school.run("open")
        for teacher in (ann, bo):
            taught = teacher.give(f"a {number}", f"b {number}", number=number)
            assert {t["attempt"] for t in taught} == {None}
        school.run("close")
        school.run("publish")
    assert ann.lesson()["round"]["stage"] == "finished"
    assert school.run("open", status=409)["detail"] == "All 2 rounds have been played"


def test_the_collaborative_variant_pays_all_alike_and_ranks_nobody(make_school):
    school = make_school(variant="collaborative")
    school.run("open")
    for name in ("ann", "bo"):
        school.teacher(name).give("x", "y")
    school.run("close")
    school.run("publish")
    assert booked(school) == [10, 10]
    (own,) = school.teacher("ann").lesson()["results"]["rows"]
    assert own == {"place": None, "score": None, "examples": 2, "is_own": True}
    page = school.players.get("/teach/hills").text
    assert "All teachers are paid the same" in page
    assert "Win" not in page and "Score" not in page


def test_the_page_says_how_many_actions_and_what_can_be_won(make_school):
    page = make_school(longest_example=3).players.get("/teach/hills").text
    assert "up to 3 actions" in page and "Win" in page and "Score" in page


def test_typed_words_are_answered_and_change_nothing_they_should_not(school):
    ann = school.teacher("ann")
    before = ann.lesson()["scene"]
    for text in ("look", "", "dance", "eat sord", "x" * 500, "<b>get</b> axe", "\u0000", "龍"):
        said = ann.say(text, 0)
        assert said["reply"]
        assert said["scene"] == before


def test_an_example_has_at_most_its_number_of_actions(make_school):
    ann = make_school(longest_example=2).teacher("ann")
    done = ann.act(2)
    scene = ann.lesson()["scene"]
    assert scene["actions"] == []
    said = ann.say(done[0], 2)
    assert ann.lesson()["scene"]["done"] == done
    assert said["reply"]


def test_reset_goes_back_and_another_world_is_another(school):
    ann = school.teacher("ann")
    first = ann.lesson()["scene"]
    ann.act(2)
    assert ann.call("POST", "/v1/dungeon/resets", {}) == first
    body = {"new_world": True}
    scenes = {ann.call("POST", "/v1/dungeon/resets", body)["place"] for _ in range(5)}
    assert len(scenes) > 1


def test_the_world_goes_on_after_an_example(school):
    ann = school.teacher("ann")
    school.run("open")
    ann.act()
    after = ann.lesson()["scene"]
    taught = ann.teach("do it")["scene"]
    assert taught["done"] == []
    assert (taught["place"], taught["inventory"]) == (after["place"], after["inventory"])


def test_a_second_window_is_told_that_it_is_behind(school):
    ann = school.teacher("ann")
    school.run("open")
    ann.act()
    action = ann.lesson()["scene"]["actions"][0]
    assert ann.say(action, 0, status=409)["type"] == "urn:gamelabel:step"
    assert ann.teach("x", status=409, step=0)["type"] == "urn:gamelabel:step"
    assert ann.teach("x", step=1)["round"]["examples"] == 1
    assert ann.teach("x", status=409, step=1)["type"] == "urn:gamelabel:step"


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        ("", "empty"),
        (" \u0007\n ", "empty"),
        ("x" * 10_000, "10,000 characters"),
        ("!?", "There are no words"),  # the learner could not be trained on it
    ],
)
def test_commands_that_cannot_be_taught_lose_no_actions(school, command, detail):
    ann = school.teacher("ann")
    school.run("open")
    ann.act()
    assert detail in ann.teach(command, status=422)["detail"]
    assert len(ann.lesson()["scene"]["done"]) == 1


@pytest.mark.parametrize(
    "command", ["<script>alert(1)</script>", "龍に斧を", "a\u202eb", "'; DROP"]
)
def test_any_script_is_kept_as_it_is_written(school, command):
    ann = school.teacher("ann")
    school.run("open")
    ann.give(command)
    (name,) = school.classroom.descent.teachers()
    assert len(school.classroom.descent.open_examples(name)) == 1


def test_the_same_example_again_and_too_many_are_refused(school):
    ann = school.teacher("ann")
    school.run("open")
    for _ in range(8):
        ann.call("POST", "/v1/dungeon/resets", {})
        done = ann.act()
        body = {"command": "again", "round": 1, "step": 1}
        reply = school.players.post("/v1/dungeon/examples", json=body, headers=ann.headers)
        assert reply.status_code in (200, 422), (reply.text, done)
    assert ann.lesson()["round"]["examples"] <= 5


def test_nothing_is_taught_without_actions_or_a_round(school):
    ann = school.teacher("ann")
    assert "First do" in ann.teach("x", status=422, step=0)["detail"]
    ann.act()
    assert ann.teach("x", status=409)["type"] == "urn:gamelabel:closed"
    school.run("open")
    school.clock.now += 40 * 60 + 1
    assert "time of round 1 is over" in ann.teach("x", status=409)["detail"]
    assert len(ann.lesson()["scene"]["done"]) == 1  # kept for the next round


def test_who_sends_after_the_round_closed_is_told_so(school):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    ann.give("one", "two")
    bo.give("one", "two")
    ann.act()
    school.run("close")
    assert ann.teach("late", status=409)["type"] == "urn:gamelabel:closed"


def test_a_teacher_who_never_sends_is_left_out(school):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.teacher("idle").lesson()
    school.run("open")
    ann.give("one", "two")
    bo.give("one", "three")
    school.teacher("lazy").give("only one")
    school.run("close")
    assert school.run("publish")["teachers"] == 2
    assert len(booked(school)) == 2


def test_rounds_happen_in_order(school):
    assert "no round" in school.run("close", status=409)["detail"].lower()
    assert school.run("publish", status=409)
    school.run("open")
    assert "close it first" in school.run("open", status=409)["detail"]
    school.run("close")  # nobody taught: the training fails and the round stays open
    state = school.classroom.state()
    assert state.stage == "open"
    assert "no teacher has given" in state.failure


def test_a_restart_in_every_stage_loses_nothing(school):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    ann.give("one", "two")
    ann.act()
    school.clock.now += 600
    school.again()
    lesson = ann.lesson()
    assert lesson["round"]["examples"] == 2
    assert lesson["round"]["seconds_left"] == pytest.approx(30 * 60)
    assert len(lesson["scene"]["done"]) == 1
    bo.give("one", "three")
    school.run("close")
    school.again()
    assert ann.lesson()["round"]["stage"] == "closed"
    board = school.classroom.publish()  # published, and killed before anybody was paid
    assert booked(school) == []
    school.again()
    assert len(booked(school)) == len(board)
    school.again()
    assert len(booked(school)) == len(board)


def test_withdrawal_deletes_examples_scores_and_place(school):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    ann.give("secret words", "two")
    bo.give("one", "three")
    school.run("close")
    school.run("publish")
    school.run("open")
    ann.give("more secret words", number=2)
    ann.call("DELETE", "/v1/player", status=204)
    names = {"examples": "teacher_id", "scores": "teacher_id"}
    for table, column in names.items():
        assert read_descent_table(school.folder, table)[column].nunique() == 1, table
    for path in school.folder.rglob("*"):
        if path.is_file():
            assert b"secret words" not in path.read_bytes(), path
    with school.store.read() as connection:
        assert len(connection.execute(select(teachers)).all()) == 1
        assert len(connection.execute(select(round_rewards)).all()) == 1
    assert bo.lesson()["results"]["teachers"] == 1
    school.again()
    assert bo.lesson()["results"]["teachers"] == 1


def test_withdrawal_while_models_are_trained_is_done_after(make_school):
    school = make_school(learner=MEMORY.replace("Memory", "Slow").replace("slow_", "memory_"))
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    ann.give("one", "two")
    bo.give("one", "three")
    reply = school.operator.post("/v1/dungeon/rounds/close")
    assert reply.status_code == 202
    assert bo.lesson()["round"]["stage"] == "training"
    assert school.run("open", status=409)["detail"].startswith("The dragon is training")
    ann.call("DELETE", "/v1/player", status=204)
    school.classroom.wait()
    assert read_descent_table(school.folder, "examples")["teacher_id"].nunique() == 1


def test_a_shared_model_that_diverges_is_reported_and_teaching_goes_on(make_school):
    school = make_school(learner=MEMORY.replace("MemoryLearner", "DivergingLearner"))
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    ann.give("boom one", "boom two", "boom three")
    bo.give("one", "two")
    school.run("close")
    assert school.run("publish")["teachers"] == 2
    assert "not finite" in school.classroom.state().failure
    scores = read_descent_table(school.folder, "scores").set_index("examples")
    assert scores.loc[3, "score"] == 0
    assert "not finite" in scores.loc[3, "failure"]
    school.run("open")
    assert bo.give("three", number=2)[0]["attempt"] is None
    school.again()
    assert "not finite" in school.classroom.state().failure
    assert bo.give("four", number=2)[0]["round"]["examples"] == 2


def test_while_the_dragon_learns_anew_an_example_is_asked_for_later(school):
    ann = school.teacher("ann")
    school.run("open")
    ann.act()
    may_end = threading.Event()
    school.classroom._begin("preparing", lambda: may_end.wait(timeout=10))
    assert "Please try again" in ann.teach("one", status=409)["detail"]
    may_end.set()
    school.classroom.wait()
    assert ann.teach("one")["round"]["examples"] == 1


def test_a_withdrawal_makes_no_other_teacher_wait_for_a_training(school, monkeypatch):
    ann, bo, cy = (school.teacher(name) for name in ("ann", "bo", "cy"))
    school.run("open")
    ann.give("one", "two")
    bo.give("one", "three")
    school.run("close")
    school.run("publish")
    school.run("open")
    fit, trained_in = MemoryLearner.fit, []

    def note(*arguments, **options):
        trained_in.append(threading.current_thread().name)
        fit(*arguments, **options)

    monkeypatch.setattr(MemoryLearner, "fit", note)
    cy.call("DELETE", "/v1/player", status=204)
    bo.give("four", number=2)
    assert trained_in == []  # no model has learned from cy
    ann.call("DELETE", "/v1/player", status=204)
    school.classroom.wait()
    bo.give("five", number=2)
    assert trained_in == ["dungeon-preparing"]


def test_a_withdrawal_that_was_cut_off_is_completed_at_the_next_start(school, monkeypatch):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    ann.give("one", "two")
    bo.give("one", "three")
    # as if the process ended during a training, after which the examples would be deleted
    monkeypatch.setattr(school.classroom.descent, "forget_teacher", lambda _: 0)
    ann.call("DELETE", "/v1/player", status=204)
    assert len(school.classroom.descent.teachers()) == 2
    school.again()
    assert len(school.classroom.descent.teachers()) == 1
    assert bo.lesson()["round"]["examples"] == 2


def test_only_own_examples_can_be_reached(school):
    reply = school.players.get("/v1/dungeon")
    assert reply.status_code == 401
    for method, path in [("POST", "/v1/dungeon/rounds"), ("GET", "/v1/dungeon/export")]:
        assert school.players.request(method, path).status_code in (404, 405)
        assert (
            school.operator.request(method, path, headers={"Authorization": ""}).status_code == 401
        )


def test_the_results_name_nobody(school):
    for number, name in enumerate(("ann", "bo", "cy")):
        school.run("open") if number == 0 else None
        school.teacher(name).give("one", f"two {number}")
    school.run("close")
    school.run("publish")
    text = str(school.teacher("ann").lesson()["results"])
    for pseudonym in read_descent_table(school.folder, "scores")["teacher_id"]:
        assert pseudonym not in text


def test_nobody_waits_while_the_model_answers_another_teacher(school, monkeypatch):
    ann, bo = school.teacher("ann"), school.teacher("bo")
    school.run("open")
    for teacher in (ann, bo):
        teacher.give("one", "two")
    school.run("close")
    school.run("publish")
    school.run("open")
    for teacher in (ann, bo):
        teacher.act()
    asked, has_acted, seen = threading.Event(), threading.Event(), []

    def predict(self, examples):
        asked.set()
        seen.append(has_acted.wait(timeout=10))
        return [""] * len(examples)

    monkeypatch.setattr(MemoryLearner, "predict", predict)
    with ThreadPoolExecutor(1) as pool:
        taught = pool.submit(ann.teach, "three", number=2)
        assert asked.wait(timeout=10)
        bo.call("POST", "/v1/dungeon/resets", {})  # writes
        assert school.classroom.state().stage == "open"
        has_acted.set()
        assert taught.result()["attempt"] == ""
    assert seen == [True]


def test_an_example_that_another_window_changed_meanwhile_is_not_taught(school, monkeypatch):
    ann = school.teacher("ann")
    school.run("open")
    ann.act()

    def reset_meanwhile(*_):
        ann.call("POST", "/v1/dungeon/resets", {"new_world": True})
        ann.act()

    monkeypatch.setattr(school.classroom, "attempt", reset_meanwhile)
    assert ann.teach("one", status=409)["type"] == "urn:gamelabel:step"
    assert ann.lesson()["round"]["examples"] == 0


def test_two_descents_in_a_database_pay_the_same_teachers(school, tmp_path):
    play_first_round(school)
    school.close()
    school.folder = tmp_path / "another"
    school.open()
    assert school.teacher("ann").lesson()["results"] is None
    play_first_round(school)
    assert sum(booked(school)) == 2 * (10 + 10 + 30 + 20)
    assert school.teacher("ann").lesson()["results"]["reward"] is not None


def play_first_round(school):
    """Two teachers play it, who are paid 10 each, and 20 more for one or 30 for the other."""
    school.run("open")
    school.teacher("ann").give("one", "two")
    school.teacher("bo").give("one")
    school.teacher("bo").give("three")
    school.run("close")
    assert school.run("publish")["rewards"] == 2


def test_rounds_that_were_paid_before_descents_had_names_are_not_paid_again(school):
    play_first_round(school)
    (school.folder / "descent_name.txt").unlink()
    with school.store.write() as connection:
        paid = [dict(row) for row in connection.execute(select(round_rewards)).mappings()]
        connection.execute(sql("DROP TABLE round_rewards"))
        connection.execute(sql(
            "CREATE TABLE round_rewards (player INTEGER NOT NULL, round INTEGER NOT NULL, "
            "reward VARCHAR(36) NOT NULL, amount INTEGER NOT NULL, "
            "CONSTRAINT pk_round_rewards PRIMARY KEY (player, round))"
        ))  # fmt: skip
        for row in paid:
            values = f"{row['player']}, {row['round']}, '{row['reward']}', {row['amount']}"
            connection.execute(sql(f"INSERT INTO round_rewards VALUES ({values})"))
        with Operations.context(MigrationContext.configure(connection)):
            round_rewards_0009.upgrade()
    school.again()
    assert school.run("publish")["rewards"] == 0
    assert len(booked(school)) == 2


def test_ten_teachers_at_once(school):
    school.run("open")
    people = [school.teacher(f"t{i}") for i in range(10)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda t: t.give("one", "two", "three"), people))
    school.run("close")
    assert school.run("publish")["teachers"] == 10
    table = read_descent_table(school.folder, "examples")
    assert len(table) == 30
    assert table["example_id"].is_unique


def test_one_process_serves_a_folder(school):
    with pytest.raises(ValueError, match="served by another process"):
        Classroom(school.classroom.descent, school.clock)


def test_the_operators_figures_and_export(school):
    school.teacher("ann").lesson()
    figures = school.operator.get("/v1/figures").json()[0]["dungeon"]
    assert figures["teachers"] == 1
    assert figures["stage"] == "between"
    assert school.operator.get("/v1/dungeon/export").content[:2] == b"PK"
    actions = [row["action"] for row in school.operator.get("/v1/actions").json()]
    assert actions == ["exported"]


def test_a_learner_may_be_beside_the_file_of_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own_learner.py").write_text("class Own:\n    pass\n")
    assert load_learner("own_learner:Own", tmp_path).__name__ == "Own"
    for name in ("own_learner:Other", "no_such_module:Own"):
        with pytest.raises(ValueError, match="beside the file of settings"):
            load_learner(name, tmp_path)


def test_settings_are_checked_with_one_sentence_each(tmp_path):
    path = tmp_path / "descent.yaml"
    path.write_text("rounds: many\nfoo: 1\n")
    with pytest.raises(ValueError, match=r"descent\.yaml(.|\n)*rounds(.|\n)*foo(.|\n)*may have"):
        read_teach_settings(path)
    path.write_text("least: 5\nmost: 2\n")
    with pytest.raises(ValueError, match="least"):
        read_teach_settings(path)
    path.write_text("- a\n")
    with pytest.raises(ValueError, match="not a valid file"):
        read_teach_settings(path)
    path.write_text("rounds: 3\nvariant: limit\nleast: 4\n")
    assert read_teach_settings(path).rules().most == 4
