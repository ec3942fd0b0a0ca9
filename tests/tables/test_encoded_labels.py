import re

import pandas as pd
import pytest

from gamelabel.tables.encoded_labels import encode_labels, gold_answers
from gamelabel.tables.vote_counts import tabulate_votes

LABELS = pd.DataFrame({"task": [0, 1], "worker": "w", "label": ["a", "b"]})


@pytest.mark.parametrize(("tasks", "shown"), [([7, 7], "7"), (["t", "t"], "'t'")])
def test_gold_that_contradicts_itself_names_a_task(tasks: list[object], shown: str) -> None:
    gold = pd.DataFrame({"task": tasks, "label": ["a", "b"]})
    with pytest.raises(ValueError, match=rf"two answers for 1 tasks, such as {shown}; keep one"):
        gold_answers(gold, encode_labels(LABELS))


def test_gold_that_cannot_match_shows_both() -> None:
    encoded = encode_labels(LABELS)
    for gold, message in (
        ({"task": ["0"], "label": ["a"]}, "0 and '0' look the same as tasks: convert"),
        ({"task": ["1.0"], "label": ["a"]}, "1 and '1.0' look the same as tasks"),
        ({"task": ["x", "y", "z"], "label": "a"}, "gold has tasks such as 'x', 'y', the labels"),
        (
            {"task": [7], "label": ["a"]},
            "tasks such as 7, the labels such as 0, 1: none is in both",
        ),
        (
            {"task": [0, 1], "label": "A"},
            "gold has labels such as 'A', the labels such as 'a', 'b'",
        ),
        ({"task": [0, 1], "label": [0, 1]}, "labels such as 0, 1, the labels such as 'a', 'b'"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            gold_answers(pd.DataFrame(gold), encoded)


def test_gold_may_have_other_tasks_and_answers_too() -> None:
    nobody_gave_it = pd.DataFrame({"task": [1], "label": ["c"]})
    assert gold_answers(nobody_gave_it, encode_labels(LABELS)).tolist()[1] == "c"
    gold = pd.DataFrame({"task": [0.0, 9.0], "label": ["c", "a"]})
    assert gold_answers(gold, encode_labels(LABELS)).tolist()[0] == "c"
    always_wrong = encode_labels(LABELS.assign(label="a"))
    assert gold_answers(gold.assign(label="b"), always_wrong).tolist()[0] == "b"
    assert gold_answers(gold, encode_labels(LABELS[:0])).empty


@pytest.mark.parametrize(
    ("column", "values", "shown"),
    [
        ("label", [1, "1"], "1 and '1' look the same as categories"),
        ("label", ["2.0", 2], "2 and '2.0' look the same as categories"),
        ("task", [3.0, "3"], "3.0 and '3' look the same as tasks"),
        ("worker", ["4", 4], "4 and '4' look the same as workers"),
    ],
)
def test_a_number_and_text_that_look_the_same_are_refused(
    column: str, values: list[object], shown: str
) -> None:
    labels = LABELS.assign(**{column: pd.Series(values, dtype=object)})
    with pytest.raises(ValueError, match=re.escape(shown)):
        encode_labels(labels)
    if column != "worker":
        with pytest.raises(ValueError, match=re.escape(shown)):
            tabulate_votes(labels)
    text = labels.assign(**{column: labels[column].astype(str)})
    assert encode_labels(text).task.tolist() == [0, 1]
