"""Answers are checked: what a page can send is kept unchanged, everything else is refused."""

import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gamelabel.games.annotation.answer_tables import ANSWER_TABLES, StoredAnswer, answer_rows
from gamelabel.games.annotation.answers import (
    AnswerError,
    check_annotation,
    check_category,
    check_chosen,
    check_issues,
    check_missing_words,
    check_places,
    check_points,
    check_ratings,
)
from gamelabel.games.annotation.heat_map import heat_map
from gamelabel.games.annotation.task_kinds import (
    ISSUES,
    TASK_KINDS,
    TASK_QUESTIONS,
    AnnotationStep,
    AnnotationTask,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
NAMES = ["issues", "words", "points", "places", "category", "problematic", "chosen", "overall"]
PROMPT = "a red ball"
OPTIONS = {"issues": ISSUES, "categorise": {"animals": "Animals", "places": "Places"}}
PICTURES = {"rank": (0, 1, 2, 3), "compare": (1, 3), "categorise": ()}
STEPS = {
    kind: AnnotationStep(
        AnnotationTask(kind, TASK_QUESTIONS[kind], OPTIONS.get(kind, {})), PICTURES.get(kind, (2,))
    )
    for kind in TASK_KINDS
}
FILES = [f"{number}.png" for number in range(4)]


@st.composite
def orders(draw):
    """Four pictures at one to four places."""
    pictures = draw(st.permutations(range(4)))
    cuts = [0, *sorted(draw(st.sets(st.integers(1, 3)))), 4]
    return [sorted(pictures[a:b]) for a, b in pairwise(cuts)]


VALID = {
    "rate": st.fixed_dictionaries({n: st.integers(1, 7) for n in ("overall", "alignment")}).map(
        lambda rating: {**rating, "fidelity": 4}
    ),
    "issues": st.lists(st.sampled_from(list(ISSUES)), unique=True).map(lambda x: {"issues": x}),
    "words": st.sets(st.integers(0, 2)).map(lambda x: {"words": sorted(x)}),
    "regions": st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)).map(list), max_size=50).map(
        lambda x: {"points": x}
    ),
    "rank": orders().map(lambda x: {"places": x}),
    "categorise": st.fixed_dictionaries(
        {"category": st.sampled_from(["animals", "places"]), "problematic": st.booleans()}
    ),
    "compare": st.sampled_from([1, 3]).map(lambda x: {"chosen": x}),
}


@pytest.mark.parametrize("kind", TASK_KINDS)
@given(data=st.data())
def test_an_answer_of_the_page_is_kept_and_fits_the_schema(kind, data):
    answer = data.draw(VALID[kind])
    checked = check_annotation(STEPS[kind], PROMPT, answer)
    assert check_annotation(STEPS[kind], PROMPT, checked) == checked
    if kind not in ("issues", "regions"):  # of which order and digits may change
        assert checked == answer
    about = STEPS[kind].pictures
    stored = StoredAnswer("i-0", "ann", "p", PROMPT, kind, FILES, about, checked, None, 10**12)
    for row in answer_rows(stored):
        assert row.keys() == set(ANSWER_TABLES[kind].names)


@pytest.mark.parametrize("kind", TASK_KINDS)
@given(answer=JSON | st.dictionaries(st.sampled_from(NAMES), JSON, min_size=1, max_size=2))
def test_anything_else_is_refused_in_a_sentence(kind, answer):
    try:
        checked = check_annotation(STEPS[kind], PROMPT, answer)
    except AnswerError as error:
        assert str(error)
    else:  # by chance an answer, such as no points
        assert checked.keys() == answer.keys()


@given(order=orders(), data=st.data())
def test_a_changed_rank_is_never_taken(order, data):
    change = data.draw(st.sampled_from(["repeat", "drop", "gap", "unknown"]))
    place = data.draw(st.integers(0, len(order) - 1))
    if change == "repeat":
        order[place] = [*order[place], data.draw(st.integers(0, 3))]
    elif change == "drop":
        assume(len(order[place]) > 1)
        order[place] = order[place][1:]
    elif change == "gap":
        order.insert(place, [])
    else:
        order[place] = [4]
    with pytest.raises(AnswerError):
        check_places({"places": order}, range(4))


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: check_ratings({"overall": 1, "alignment": 1}), "has the fields overall, align"),
        (lambda: check_ratings({"overall": True, "alignment": 1, "fidelity": 1}), "not True"),
        (lambda: check_ratings({"overall": 8, "alignment": 1, "fidelity": 1}), "1 to 7, not 8"),
        (lambda: check_issues({"issues": ["dull"]}, ["body"]), "no issue 'dull': they are body"),
        (lambda: check_issues({"issues": ["body"] * 2}, ["body"]), "issue body is there twice"),
        (lambda: check_missing_words({"words": [-1]}, ["a"]), "no word -1: the words are 0 to 0"),
        (lambda: check_missing_words({"words": [0, 0]}, ["a"]), "word 0 is there twice"),
        (lambda: check_points({"points": [[-0.1, 0]]}), "point 1 is outside .* its x is -0.1"),
        (lambda: check_points({"points": [[0, float("nan")]]}), "its y is nan"),
        (lambda: check_points({"points": [[0, 0]] * 51}), "there are 51 points; at most 50"),
        (lambda: check_places({"places": [[0], [1, 0]]}, range(2)), "picture 0 is there twice"),
        (lambda: check_places({"places": [[0]]}, range(2)), "picture 1 has no place"),
        (lambda: check_places({"places": [[0], [], [1]]}, range(2)), "place 2 is empty"),
        (lambda: check_places({"places": [0, 1]}, range(2)), "place 1 has to be a list, not 0"),
        (lambda: check_chosen({"chosen": 0}, (1, 3)), "no picture 0: the pictures are 1, 3"),
        (lambda: check_category({"category": [], "problematic": 1}, ["a"]), "no category \\[\\]"),
        (lambda: check_category({"category": "a", "problematic": 1}, ["a"]), "true or false"),
    ],
)
def test_the_message_says_what_is_wrong(check, message):
    with pytest.raises(AnswerError) as error:
        check()
    assert re.search(message, str(error.value))


@given(points=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=9))
def test_a_heat_map_adds_up_to_its_points(points):
    density = heat_map(points, shape=(5, 8), width=0.001)
    assert density.shape == (5, 8)
    assert density.sum() == pytest.approx(len(points))
    for x, y in points:
        cell = min(4, int(5 * y)), min(7, int(8 * x))
        assert density[cell] > 0.49  # half at most is in the cell beside it
