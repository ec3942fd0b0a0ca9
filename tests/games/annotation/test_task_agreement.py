"""Agreement is about pictures as people were asked about them, also where little was answered."""

import numpy as np
import pandas as pd

from gamelabel.games.annotation.task_agreement import agreement_by_task


def answers_of(kind, value, n_prompts=20, same=False):
    """Return what three people answered about a picture of each prompt, or the same of all."""
    rows = [
        {"annotator_id": f"a{person}", "prompt_id": f"p{prompt}", "answer_id": f"{person}{prompt}"}
        | {"picture": "same.png" if same else f"p{prompt}.png"}
        | value(prompt)
        for prompt in range(n_prompts)
        for person in range(3)
    ]
    return {kind: pd.DataFrame(rows)}


def test_a_picture_of_several_prompts_is_another_question_for_each():
    def rating(prompt):
        return dict.fromkeys(("overall", "alignment", "fidelity"), 1 + prompt % 7)

    own, shared = (
        agreement_by_task(answers_of("rate", rating, same=same)) for same in (False, True)
    )
    assert own["value"].tolist() == shared["value"].tolist() == [1, 1, 1]
    assert shared["n"].tolist() == [20, 20, 20]


def test_a_pair_of_pictures_of_several_prompts_is_another_question_for_each():
    def choice(prompt):
        names = ["a.png", "b.png"][:: 1 if prompt % 2 else -1]
        return dict(zip(("chosen", "rejected"), names, strict=True))

    tables = answers_of("compare", choice)
    assert agreement_by_task(tables).loc["better of two pictures", "value"] == 1


def test_answers_that_never_differ_have_not_an_alpha():
    for kind, value in {
        "issues": {"issues": []},
        "regions": {"x": [], "y": []},
        "rank": {"place": 1},
        "categorise": {"category": "one"},
    }.items():
        table = agreement_by_task(answers_of(kind, lambda _, value=value: value))
        assert np.isnan(table["value"].astype(float)).all(), kind
