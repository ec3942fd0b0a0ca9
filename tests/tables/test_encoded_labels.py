import re

import pandas as pd
import pytest

from gamelabel.tables.encoded_labels import encode_labels, gold_answers

LABELS = pd.DataFrame({"task": [0, 1], "worker": "w", "label": ["a", "b"]})


@pytest.mark.parametrize(("tasks", "shown"), [([7, 7], "7"), (["t", "t"], "'t'")])
def test_gold_that_contradicts_itself_names_a_task(tasks: list[object], shown: str) -> None:
    gold = pd.DataFrame({"task": tasks, "label": ["a", "b"]})
    with pytest.raises(ValueError, match=rf"two answers for 1 tasks, such as {shown}; keep one"):
        gold_answers(gold, encode_labels(LABELS))


def test_gold_of_another_type_shows_both() -> None:
    gold = pd.DataFrame({"task": ["0"], "label": ["a"]})
    message = "gold has tasks such as '0', the labels tasks such as 0: one is text"
    with pytest.raises(ValueError, match=re.escape(message)):
        gold_answers(gold, encode_labels(LABELS))
