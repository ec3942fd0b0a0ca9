"""The protocol: rounds, bad input, and what an interruption leaves."""

from functools import partial
from pathlib import Path

import pytest

from gamelabel.games.descent import (
    VARIANTS,
    Descent,
    DescentError,
    DescentRules,
    Example,
    WordClassifier,
    descent_folder,
    read_descent_table,
)
from gamelabel.games.descent.descent_folder import DescentFolder
from gamelabel.parallel import ItemFailed
from tests.games.descent.small_learners import (
    ROUND_1,
    RULES,
    Diverging,
    KilledOnce,
    Memory,
    play_round,
    start_descent,
)


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.parquet"))}


def test_a_round_by_hand(tmp_path: Path) -> None:
    """A memory is right about what its teacher gave. Without a test set, |D_m| = 2."""
    descent = start_descent(tmp_path)
    play_round(descent, ROUND_1)
    descent.close_round()
    board = descent.publish().set_index("teacher_id")
    # ann knows red and blue: 2 of bo's 3, 1 of cy's 2; bo: 2 of 2, 1 of 2; cy: 1 of 2, 1 of 3
    expected = {"ann": (2 / 3 + 1 / 2) / 2, "bo": 3 / 4, "cy": (1 / 2 + 1 / 3) / 2}
    assert board["score"].to_dict() == pytest.approx(expected)
    assert board["rank"].to_dict() == {"bo": 1, "ann": 2, "cy": 3}
    assert board["bonus"].to_dict() == {"bo": 3.0, "ann": 2.0, "cy": 0.0}
    assert len(descent.examples("train")) == 6 and len(descent.examples("test")) == 1
    row = read_descent_table(tmp_path, "rounds").iloc[0]
    assert (row["teachers"], row["smallest"], row["test_before"], row["test_after"]) == (3, 2, 0, 1)


def test_the_second_round_trains_on_the_first_and_tests_on_its_test_set(tmp_path: Path) -> None:
    descent = start_descent(tmp_path)
    play_round(descent, ROUND_1)
    descent.close_round()
    descent.publish()
    learned = {example.input for example in descent.examples("train")}
    play_round(descent, {"ann": ["snow=cold", "red=warm"], "bo": ["sun=warm", "snow=cold"]})
    descent.close_round()
    board = descent.publish().set_index("teacher_id")
    test = next(e for e in descent.examples("test") if e.example_id.startswith("r1"))
    tested = test.input in learned or test.input == "red"
    # ann: 1 of bo's 2 (snow); bo: snow, and red if it is in the first round's training set
    ann = (2 * 0.5 + tested) / 3
    bo = (2 * (0.5 + 0.5 * ("red" in learned)) + (test.input in learned)) / 3
    assert board["score"].to_dict() == pytest.approx({"ann": ann, "bo": bo})


def test_the_last_round_s_model_answers_within_the_round(tmp_path: Path) -> None:
    initial = [Example("p1", "pilot", "red", "warm")]
    descent = Descent(tmp_path, RULES, Memory, initial_train=initial)
    descent.open_round()
    assert descent.add_example("ann", "red", "warm")[1:] == ("warm", True)
    assert descent.add_example("ann", "red", "cold")[1:] == ("warm", False)
    without = Descent(
        tmp_path / "b", VARIANTS["limit_without_model"], Memory, initial_train=initial
    )
    without.open_round()
    assert without.add_example("ann", "red", "warm")[1:] == (None, None)


def test_the_collaborative_baseline_trains_nobody_and_pays_all_alike(tmp_path: Path) -> None:
    rules = DescentRules(least=2, most=3, model_feedback=False, competitive=False, bonuses=())
    descent = Descent(tmp_path, rules, Diverging)
    play_round(descent, {"ann": ["boom=x", "a=b"], "bo": ["c=d", "e=f"]})
    descent.close_round()
    board = descent.publish()
    assert board["score"].isna().all() and board["pay"].tolist() == [1.0, 1.0]
    assert len(descent.examples("train")) + len(descent.examples("test")) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text is empty"),
        (" \x00\u200b\n", "the text is empty"),
        ("x" * 10_000, "10,000 characters; at most 500"),
        ("red", "given this example already"),
    ],
)
def test_a_bad_example_is_refused_and_the_round_goes_on(
    tmp_path: Path, text: str, message: str
) -> None:
    descent = start_descent(tmp_path)
    descent.open_round()
    descent.add_example("ann", "red", "warm")
    with pytest.raises(DescentError, match=message):
        descent.add_example("ann", text, "warm")
    assert [e.input for e in descent.open_examples("ann")] == ["red"]
    descent.add_example("ann", "<b>сніг & 雪</b>\x1b[2J", "cold")
    assert descent.open_examples("ann")[1].input == "<b>сніг & 雪</b> [2J"


def test_the_same_example_a_thousand_times_is_one_example(tmp_path: Path) -> None:
    descent = start_descent(tmp_path, VARIANTS["mtd"])
    descent.open_round()
    for _ in range(1000):
        try:
            descent.add_example("ann", "Red", "warm")
        except DescentError as error:
            assert "already" in str(error)
    assert len(descent.open_examples("ann")) == 1


def test_what_is_out_of_turn_is_answered(tmp_path: Path) -> None:
    descent = start_descent(tmp_path)
    for call, message in [
        (lambda: descent.add_example("ann", "red", "warm"), "round 0 is closed"),
        (descent.close_round, "no round is open"),
        (descent.publish, "nothing to publish"),
    ]:
        with pytest.raises(DescentError, match=message):
            call()
    play_round(descent, ROUND_1)
    for call, message in [
        (descent.open_round, "round 1 is open: close it first"),
        (descent.publish, "round 1 is open: close it first"),
        (lambda: descent.add_example("bo", "x", "y"), "given 3 examples, all that this round"),
    ]:
        with pytest.raises(DescentError, match=message):
            call()
    descent.close_round()
    with pytest.raises(DescentError, match="round 1 is not published"):
        descent.open_round()
    descent.publish()
    descent.open_round()
    with pytest.raises(DescentError, match="round 1 is closed"):
        descent.add_example("ann", "late", "warm", number=1)


def test_a_teacher_who_gives_too_little_or_nothing_holds_nobody_up(tmp_path: Path) -> None:
    descent = start_descent(tmp_path)
    descent.open_round()
    descent.add_example("dee", "grey", "cold")
    with pytest.raises(DescentError, match="no teacher has given 2 examples"):
        descent.close_round()
    for teacher, texts in ROUND_1.items():
        for text in texts:
            descent.add_example(teacher, *text.split("="))
    descent.close_round()
    assert set(descent.publish()["teacher_id"]) == {"ann", "bo", "cy"}
    assert [e.teacher_id for e in descent.examples("incomplete")] == ["dee"]


def test_an_invalid_answer_is_refused_with_its_reason(tmp_path: Path) -> None:
    refuse = {"hot": "warm or cold"}.get
    check = lambda _, answer: refuse(answer, "")  # noqa: E731
    descent = Descent(tmp_path, RULES, Memory, check_answer=check)
    descent.open_round()
    with pytest.raises(DescentError, match="warm or cold"):
        descent.add_example("ann", "red", "hot")


def test_a_text_that_the_learner_cannot_read_is_refused_with_its_reason(tmp_path: Path) -> None:
    descent = Descent(
        tmp_path, RULES, Memory, check_text=lambda text: "no digits, please" * text.isdigit()
    )
    descent.open_round()
    with pytest.raises(DescentError, match="no digits, please"):
        descent.add_example("ann", "12", "warm")
    assert descent.open_examples("ann") == []


def test_a_model_that_diverges_costs_its_teacher_only(tmp_path: Path) -> None:
    descent = start_descent(tmp_path, learner=Diverging)
    play_round(descent, {**ROUND_1, "dee": ["boom=warm", "red=warm"]})
    descent.close_round()
    board = descent.publish().set_index("teacher_id")
    assert board.loc["dee", "score"] == 0 and "not finite" in board.loc["dee", "failure"]
    assert board.loc["bo", "score"] > 0 and board.loc["bo", "failure"] == ""


def test_a_killed_worker_is_replaced_and_twice_killed_loses_nothing(tmp_path: Path) -> None:
    learner = partial(KilledOnce, tmp_path)
    descent = start_descent(tmp_path / "d", learner=learner)
    play_round(descent, ROUND_1)
    for number in range(3):
        (tmp_path / f"kill-{number}").touch()
    with pytest.raises(ItemFailed, match="its process ended, twice"):
        descent.close_round(jobs=2)
    again = start_descent(tmp_path / "d", learner=learner)
    assert again.open_number == 1
    for path in tmp_path.glob("kill-*"):
        path.unlink()
    again.close_round(jobs=2)
    assert again.publish()["rank"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("table", ["examples", "scores", "rounds"])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_while_closing_leads_to_the_same_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, after: bool
) -> None:
    whole = start_descent(tmp_path / "whole")
    play_round(whole, ROUND_1)
    whole.close_round()
    descent = start_descent(tmp_path / "cut")
    play_round(descent, ROUND_1)
    write = descent_folder.append_rows

    def crash(folder: Path, name: str, rows: object) -> None:
        if name != table or after:
            write(folder, name, rows)
        if name == table:
            raise KeyboardInterrupt

    monkeypatch.setattr(descent_folder, "append_rows", crash)
    with pytest.raises(KeyboardInterrupt):
        descent.close_round()
    monkeypatch.undo()
    again = start_descent(tmp_path / "cut")
    if again.open_number:
        again.close_round()
    assert tables(tmp_path / "cut") == tables(tmp_path / "whole")
    again.publish()
    assert again.open_round() == 2


def test_a_line_that_a_crash_cut_off_is_removed(tmp_path: Path) -> None:
    descent = start_descent(tmp_path)
    play_round(descent, ROUND_1)
    with (tmp_path / "open_round.jsonl").open("ab") as file:
        file.write(b'{"example_id": "r1.7", "teach')
    again = start_descent(tmp_path)
    assert len(again.open_examples("bo")) == 3
    again.add_example("ann", "snow", "cold")
    assert len(start_descent(tmp_path).open_examples("ann")) == 3


def test_an_example_added_after_a_failed_closing_is_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    descent = start_descent(tmp_path)
    play_round(descent, ROUND_1)
    monkeypatch.setattr(DescentFolder, "close_round", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        descent.close_round()
    monkeypatch.undo()
    descent.add_example("cy", "blue", "cold")
    descent.close_round()
    board = descent.publish().set_index("teacher_id")
    # cy now knows red and blue too: 2 of ann's 2, 2 of bo's 3
    assert board.loc["cy", "score"] == pytest.approx((1 + 2 / 3) / 2)


def test_the_filter_leaves_out_a_teacher_whose_model_is_below_the_last_one(tmp_path: Path) -> None:
    """cy teaches the opposite of what is known, which a memory believes."""
    rules = DescentRules(rounds=3, least=2, most=3, filter_margin=0.1)
    initial = [Example(f"p{i}", "pilot", w, "warm") for i, w in enumerate(("red", "pink", "sun"))]
    descent = Descent(tmp_path, rules, Memory, initial_train=initial)
    play_round(
        descent,
        {
            "ann": ["red=warm", "pink=warm"],
            "bo": ["sun=warm", "red=warm"],
            "cy": ["red=no", "sun=no"],
        },
    )
    descent.close_round()
    board = descent.publish().set_index("teacher_id")
    assert board["removed"].to_dict() == {"ann": False, "bo": False, "cy": True}
    assert board.loc["cy", "bonus"] == 0
    assert {e.teacher_id for e in descent.examples("removed")} == {"cy"}
    assert "cy" not in {e.teacher_id for e in descent.examples("train") + descent.examples("test")}


def test_a_split_by_teacher_keeps_a_teacher_s_examples_together(tmp_path: Path) -> None:
    rules = DescentRules(least=2, most=3, split="teacher", test_share=0.34)
    descent = Descent(tmp_path, rules, Memory)
    play_round(descent, ROUND_1)
    descent.close_round()
    in_test = {e.teacher_id for e in descent.examples("test")}
    assert len(in_test) == 1 and not in_test & {e.teacher_id for e in descent.examples("train")}


def test_two_runs_give_the_same_tables_with_one_process_or_two(tmp_path: Path) -> None:
    for name, jobs in (("a", 1), ("b", 2)):
        descent = Descent(tmp_path / name, RULES, WordClassifier, seed=3)
        done = []
        play_round(descent, ROUND_1)
        descent.close_round(jobs, lambda n, of, done=done: done.append((n, of)))
        assert done == [(1, 3), (2, 3), (3, 3)]
    assert tables(tmp_path / "a") == tables(tmp_path / "b")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"least": 5, "most": 3}, "least <= most"),
        ({"test_share": 1.0}, "test_share"),
        ({"rounds": 2, "subjects": ("go",)}, "2 rounds need as many subjects"),
    ],
)
def test_rules_are_checked(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DescentRules(**change)


def test_all_rounds_are_played_once_and_each_has_its_subject(tmp_path: Path) -> None:
    rules = DescentRules(rounds=2, least=2, most=2, subjects=("colors", "weather"))
    descent = Descent(tmp_path, rules, Memory)
    for _ in range(2):
        play_round(descent, {"ann": ["a=b", "c=d"], "bo": ["a=b", "e=f"]})
        descent.close_round()
        descent.publish()
    assert read_descent_table(tmp_path, "rounds")["subject"].tolist() == ["colors", "weather"]
    with pytest.raises(DescentError, match="all 2 rounds"):
        descent.open_round()


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "scores.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DescentError, match=r"scores.parquet is damaged"):
        read_descent_table(tmp_path, "scores")


def test_a_teacher_who_withdraws_leaves_nothing_behind(tmp_path: Path) -> None:
    descent = start_descent(tmp_path)
    play_round(descent, ROUND_1)
    descent.close_round()
    descent.publish()
    descent.open_round()
    for teacher in ("ann", "bo", "ann"):
        descent.add_example(teacher, f"new {teacher} {len(descent.open_examples(teacher))}", "warm")
    assert descent.forget_teacher("ann") == 4 and descent.forget_teacher("nobody") == 0
    again = start_descent(tmp_path)
    assert again.open_examples("ann") == [] and len(again.open_examples("bo")) == 1
    assert again.add_example("cy", "snow", "cold").example_id == "r2.2"
    everything = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"ann" in content for content in everything)
    assert again.rounds_closed == 1
