"""SIMULATED teachers react to what they are shown, and nothing useful is built into them."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from gamelabel.games.descent import (
    DescentError,
    DescentRules,
    WordClassifier,
    read_descent_table,
    same_answer,
)
from gamelabel.games.descent import simulated_teachers as module
from gamelabel.games.descent.descent_experiment import (
    SimulatedDescent,
    mean_scores,
    play_descent,
)
from gamelabel.games.descent.simulated_teachers import (
    ColludingWriter,
    LazyWriter,
    SimulatedTeacher,
    TeacherAssumptions,
)

INTENTS = {
    "alarm": ("wake", "ring", "morning"),
    "weather": ("rain", "sun", "cold"),
    "song": ("play", "sing"),
}


class IntentWriter:
    def __init__(self, number: int) -> None:
        self.efforts = {"short": 1.0, "long": 3.0}
        self.rng = np.random.default_rng([3, number])

    def write(self, kind: str) -> tuple[str, str, str]:
        intent = str(self.rng.choice(list(INTENTS)))
        words = [str(self.rng.choice(INTENTS[intent])) for _ in range(1 if kind == "short" else 4)]
        filler = [f"w{self.rng.integers(30)}" for _ in range(3)]
        return " ".join(words + filler), intent, ""


def teacher(seed: int = 0, competitive: bool = True, **changes: float) -> SimulatedTeacher:
    rng = np.random.default_rng(seed)
    return SimulatedTeacher(IntentWriter(seed), TeacherAssumptions(**changes), competitive, rng)


def mean_probability(kind: str, competitive: bool) -> float:
    people = [teacher(seed, competitive) for seed in range(300)]
    return float(np.mean([person.probabilities()[kind] for person in people]))


def test_effort_is_avoided_more_where_no_bonus_can_be_won() -> None:
    assert mean_probability("long", competitive=False) < mean_probability("long", competitive=True)
    without_hope = [teacher(s, True, bonus_worth=0).probabilities()["long"] for s in range(300)]
    flat = [teacher(s, False, bonus_worth=0).probabilities()["long"] for s in range(300)]
    assert without_hope == flat


def test_a_good_rank_strengthens_what_was_written_and_a_bad_one_weakens_it() -> None:
    for rank, sign in ((1, 1), (10, -1), (5.5, 0)):
        person = teacher(1, heed=0, curiosity=0)
        before = dict(person.preferences)
        kinds = [person.choose() for _ in range(20)]
        more = max(kinds, key=kinds.count)
        expected = person._expected[more]
        person.see_rank(rank, 10)
        change = person.preferences[more] - before[more]
        surprise = kinds.count(more) - expected
        assert np.sign(round(change, 12)) == sign * np.sign(surprise)


def test_scores_that_say_nothing_move_preferences_nowhere_on_average() -> None:
    """Random ranks: the mean change over teachers is zero within its error."""
    changes = []
    for seed in range(400):
        person = teacher(seed, heed=0)
        before = person.preferences["long"]
        for _ in range(10):
            person.choose()
        person.see_rank(int(np.random.default_rng(seed).integers(1, 11)), 10)
        changes.append(person.preferences["long"] - before)
    assert abs(np.mean(changes)) < 3 * np.std(changes) / len(changes) ** 0.5


def test_the_reaction_to_the_model_is_symmetric_in_kinds() -> None:
    person = teacher(2, heed_spread=0.0, heed=0.5)
    before = dict(person.preferences)
    person.see_model("long", True)
    person.see_model("short", False)
    assert person.preferences["long"] - before["long"] == pytest.approx(-0.5)
    assert person.preferences["short"] - before["short"] == pytest.approx(0.5)


def test_no_teacher_knows_what_is_hard_or_in_which_variant_it_is() -> None:
    source = inspect.getsource(module.SimulatedTeacher).lower()
    assert not any(word in source for word in ("hard", "mtd", "difficult", "length", "accuracy"))


def test_the_table_has_every_assumption() -> None:
    table = TeacherAssumptions(effort_cost=0.7).table().set_index("assumption")
    assert set(table.index) == set(TeacherAssumptions.__dataclass_fields__)
    assert table.loc["effort_cost", "value"] == 0.7 and (table["meaning"].str.len() > 10).all()


RULES = DescentRules(rounds=3, least=5, most=5)


def descent(rules: DescentRules = RULES, **changes: object) -> SimulatedDescent:
    parts = {"n_teachers": 5, "seed": 1} | changes
    make_writer = parts.pop("make_writer", IntentWriter)
    return SimulatedDescent(rules, make_writer, WordClassifier, same_answer, **parts)


def test_a_descent_of_simulated_teachers_is_the_same_again(tmp_path: Path) -> None:
    first = play_descent(descent(), tmp_path / "a")
    assert first.equals(play_descent(descent(), tmp_path / "b"))
    assert len(first) == 3 * 5 * 5 and first["model_right"].isna().sum() == 25
    assert not first.equals(play_descent(descent(seed=2), tmp_path / "c"))
    with pytest.raises(DescentError, match="has a descent already"):
        play_descent(descent(), tmp_path / "a")


def test_variants_have_the_same_people_and_differ_by_what_they_see(tmp_path: Path) -> None:
    rules = {
        "limit": RULES,
        "without": DescentRules(rounds=3, least=5, most=5, model_feedback=False),
        "more": DescentRules(rounds=3, least=5, most=50),
    }
    played = {name: play_descent(descent(r), tmp_path / name) for name, r in rules.items()}
    shuffled = play_descent(descent(feedback="shuffled"), tmp_path / "shuffled")
    in_first = [played["limit"], played["without"], shuffled]
    assert in_first[0]["kind"][:25].equals(in_first[1]["kind"][:25])  # no model yet
    assert not in_first[0]["kind"].equals(in_first[1]["kind"])
    assert not in_first[0]["kind"].equals(in_first[2]["kind"])
    assert played["without"]["model_right"].isna().all()
    assert len(played["more"]) > len(played["limit"])


def test_teachers_who_do_not_heed_the_model_are_as_those_who_do_not_see_it(
    tmp_path: Path,
) -> None:
    """So what feedback changes is put in: the sweep of the study takes one for the other."""
    indifferent = TeacherAssumptions(heed=0.0, heed_spread=0.0)
    without_model = DescentRules(rounds=3, least=5, most=5, model_feedback=False)
    seeing = play_descent(descent(assumptions=indifferent), tmp_path / "seeing")
    blind = play_descent(descent(without_model), tmp_path / "blind")
    columns = ["example_id", "teacher_id", "kind"]
    assert seeing[columns].equals(blind[columns])
    inputs = [
        read_descent_table(tmp_path / name, "examples")["input"] for name in ("seeing", "blind")
    ]
    assert inputs[0].equals(inputs[1])


def test_kinds_can_be_prescribed(tmp_path: Path) -> None:
    kinds = ["long", "short", "short"]
    played = play_descent(descent(kinds=kinds), tmp_path)
    assert played["kind"].tolist() == (kinds * 25)


def test_lazy_and_colluding_teachers_are_scored_by_equation_1(tmp_path: Path) -> None:
    lazy = play_descent(
        descent(make_writer=lambda n: LazyWriter(IntentWriter(n)) if n == 0 else IntentWriter(n)),
        tmp_path / "lazy",
    )
    assert len(lazy) == 75 and mean_scores(tmp_path / "lazy").between(0, 1).all()
    agreed = [("alarm", ""), ("song", "")]
    group = {n: ColludingWriter(IntentWriter(n), "xyzzy", agreed) for n in (0, 1)}
    play_descent(descent(make_writer=lambda n: group.get(n, IntentWriter(n))), tmp_path / "group")
    assert len(mean_scores(tmp_path / "group")) == 5
