"""How a teacher's score depends on how difficult the examples were that the teacher gave."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas import DataFrame

from gamelabel.following.score_intervals import over_crowds
from gamelabel.following.taught_agents import TeachingStudy
from gamelabel.games.descent import read_descent_table

THIRDS = ("easiest", "middle", "hardest")
DIFFICULTIES = ("effort", "model_wrong")
_TEACHER = ["arm", "seed", "round", "teacher_id"]


def teacher_scores(study: TeachingStudy, collected: DataFrame, arms: Sequence[str]) -> DataFrame:
    """Return the scores of teachers with the difficulty of their examples.

    Parameters
    ----------
    study : TeachingStudy
        A study that `teach_agents` has played.
    collected : DataFrame
        What `teach_agents` returned.
    arms : sequence of str
        Arms in which teachers see the last model.

    Returns
    -------
    DataFrame
        Columns arm, seed, round, teacher_id, score, effort (mean of the teacher's examples) and
        model_wrong (share of them that the last model answered wrong).
    """
    tables = [
        read_descent_table(study.place(arm, seed), "scores").assign(arm=arm, seed=seed)
        for arm in arms
        for seed in study.seeds
    ]
    scores = pd.concat(tables)[[*_TEACHER, "score"]]
    rows = collected.assign(model_wrong=1 - collected["model_right"].astype(float))
    difficulty = rows.groupby(_TEACHER)[["effort", "model_wrong"]].mean().reset_index()
    return scores.merge(difficulty, on=_TEACHER)


def score_by_difficulty(scores: DataFrame, measures: Sequence[str] = DIFFICULTIES) -> DataFrame:
    """Return the mean score of teachers in thirds by difficulty, minus that of their round.

    Parameters
    ----------
    scores : DataFrame
        Columns arm, seed, round, score and the measures.
    measures : sequence of str
        Measures of difficulty, by each of which the teachers of a round are ordered.

    Returns
    -------
    DataFrame
        Columns difficulty, third ("easiest", "middle", "hardest"), value, low, high, n (crowds) and
        warning; the 95 % intervals are over crowds.

    Examples
    --------
    >>> scores = DataFrame({"score": [0.1, 0.5, 0.3], "effort": [1.0, 2.0, 3.0]})
    >>> scores = scores.assign(arm="MTD", seed=0, round=1, teacher_id=["a", "b", "c"])
    >>> score_by_difficulty(scores, ["effort"])["value"].round(3).tolist()
    [-0.2, 0.2, 0.0]
    """
    rounds = scores.groupby(["arm", "seed", "round"])
    value = (scores["score"] - rounds["score"].transform("mean")).astype(float)
    rows = []
    for measure in measures:
        place = rounds[measure].rank(method="first", pct=True).to_numpy(float)
        number = np.ceil(len(THIRDS) * place - 1e-9).astype(int) - 1
        of_third = scores.assign(third=np.array(THIRDS)[number], value=value)
        for third in THIRDS:
            estimate = over_crowds(of_third[of_third["third"] == third], limits=(-1.0, 1.0))
            row = {"difficulty": measure, "third": third, **estimate._asdict()}
            rows.append(row | {"warning": estimate.warning})
    return pd.DataFrame(rows)
