import numpy as np
import pandas as pd

from gamelabel.reliability.response_times import agreement_by_speed


def test_each_place_agrees_with_the_other_labels_of_its_task() -> None:
    first = pd.DataFrame({"task": "x", "label": ["b", "a", "a"], "seconds": [1, 3, 5]})
    second = pd.DataFrame({"task": "y", "label": ["b", "b", "b"], "seconds": [30, 20, 10]})
    other = pd.DataFrame({"task": "z", "label": ["b", "b"], "seconds": [1, 1]})
    table = agreement_by_speed(pd.concat([first, second, other]), per_task=3)
    assert table.index.tolist() == [1, 2, 3]
    assert table.value.tolist() == [0.5, 0.75, 0.75] and table.n.tolist() == [2, 2, 2]
    assert table.name.tolist() == ["1: 6 s", "2: 12 s", "3: 18 s"]
    assert (table.low <= table.value).all() and (table.value <= table.high).all()


def test_without_labels_nothing_is_known() -> None:
    table = agreement_by_speed(pd.DataFrame({"task": [], "label": [], "seconds": []}))
    assert len(table) == 5 and np.isnan(table.value.astype(float)).all() and (table.n == 0).all()
