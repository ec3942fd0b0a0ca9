"""Random prompts, pictures and answers, and their tables in a form that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from gamelabel.games.annotation.answer_tables import ANSWER_TABLES
from gamelabel.games.annotation.layouts.answer_collector import AnswerCollector
from gamelabel.games.annotation.layouts.answer_set import AnswerSet, RowPlace
from gamelabel.games.annotation.task_kinds import ISSUES, RATINGS, TASK_KINDS, prompt_words

_WORDS = st.sampled_from(["a", "red", "ball,", "née", "8k", "\u2028x", "<b>", '"so"', "& a"])
_PEOPLE = ("ann", "bob")


def _value(draw: st.DrawFn, kind: str, words: int, pictures: Sequence[str]) -> dict[str, Any]:
    if kind == "categorise":
        category = draw(st.sampled_from(["people", "Two words"]))
        return {"category": category, "problematic": draw(st.booleans())}
    if kind == "rate":
        return {name: draw(st.integers(1, 7)) for name in RATINGS}
    if kind == "issues":
        return {"issues": draw(st.lists(st.sampled_from(list(ISSUES)), unique=True))}
    if kind == "words":
        return {"words": sorted(draw(st.sets(st.integers(0, words - 1))))}
    if kind == "regions":
        share = st.integers(0, 10_000).map(lambda number: number / 10_000)
        return {"points": draw(st.lists(st.tuples(share, share).map(list), max_size=3))}
    if kind == "rank":
        places = draw(st.lists(st.integers(1, 9), min_size=len(pictures), max_size=len(pictures)))
        return {"places": places}
    return {"chosen": draw(st.sampled_from(pictures))}


@st.composite
def answer_sets(
    draw: st.DrawFn, kinds: Sequence[str] = TASK_KINDS, people: Sequence[str] = _PEOPLE
) -> AnswerSet:
    """Answers to one or two prompts with two to four pictures; some questions are not answered."""
    collector = AnswerCollector(close_gaps=True)
    place = RowPlace("drawn", 0)
    for number in range(draw(st.integers(1, 2))):
        name = f"p{number}"
        text = " ".join(draw(st.lists(_WORDS, min_size=1, max_size=4)))
        n_words = len(prompt_words(text))
        pictures = [f"set {number}/{i}.png" for i in range(draw(st.integers(2, 4)))]
        size = draw(st.sampled_from([None, (64, 48)]))
        collector.add_prompt(place, name, text, pictures, dict.fromkeys(pictures, size))
        about = {"categorise": [[]], "rank": [pictures]}
        about["compare"] = [list(pair) for pair in combinations(pictures, 2)]
        for person in people:
            for kind in kinds:
                for shown in about.get(kind, [[picture] for picture in pictures]):
                    if draw(st.booleans()):
                        value = _value(draw, kind, n_words, shown)
                        order = draw(st.permutations(shown)) if kind == "compare" else shown
                        when = draw(st.sampled_from([None, 1_770_000_000_000]))
                        collector.add(place, person, name, kind, order, value, 900, when)
    assert not collector.result.rejected
    return collector.result


def comparable(answers: AnswerSet, without: Sequence[str] = ()) -> dict[str, list[str]]:
    """The rows of each table in one order, without columns that a layout does not hold."""
    tables = answers.tables()
    return {
        name: sorted(
            repr([row[column] for column in ANSWER_TABLES[name].names if column not in without])
            for row in tables.get(name, [])
        )
        for name in ANSWER_TABLES
    }
