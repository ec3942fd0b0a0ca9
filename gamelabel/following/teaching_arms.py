"""The arms of a study of teaching, and the differences between them that claims are about.

An *arm* is a variant of Mechanical Turker Descent with what its SIMULATED teachers are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from pandas import DataFrame

from gamelabel.following.following_scores import compare_arms
from gamelabel.games.descent.descent_experiment import ShownFeedback


@dataclass(frozen=True)
class TeachingArm:
    """A variant of the protocol, and what its teachers are shown or told.

    Attributes
    ----------
    variant : str
        A key of `VARIANTS`.
    feedback : {"true", "shuffled"}
        What teachers see of the last model; see `SimulatedDescent`.
    kinds_of : str
        The arm whose kinds of examples are prescribed, in a random order; none if empty.
    bonus_worth : float or None
        Replaces the study's assumption of this name; None keeps it.
    """

    variant: str
    feedback: ShownFeedback = "true"
    kinds_of: str = ""
    bonus_worth: float | None = None


ARMS = {
    "MTD": TeachingArm("mtd"),
    "MTD limit": TeachingArm("limit"),
    "MTD limit w/o model": TeachingArm("limit_without_model"),
    "Collaborative-only": TeachingArm("collaborative"),
    "MTD limit, shuffled feedback": TeachingArm("limit", feedback="shuffled"),
    "Collaborative-only, kinds of MTD limit": TeachingArm("collaborative", kinds_of="MTD limit"),
    "MTD limit, bonus worth 0": TeachingArm("limit", bonus_worth=0.0),
    "MTD limit w/o model, bonus worth 0": TeachingArm("limit_without_model", bonus_worth=0.0),
}
"""The paper's four; a placebo and a control; two without the effort that a bonus calls forth."""

PAPER_ARMS = tuple(ARMS)[:4]
SWEPT_ARMS = tuple(name for name, arm in ARMS.items() if arm.bonus_worth is not None)

COMPARISONS = {
    "MTD - collaborative-only": ("MTD", "Collaborative-only"),
    "MTD - MTD limit": ("MTD", "MTD limit"),
    "MTD limit - MTD limit w/o model": ("MTD limit", "MTD limit w/o model"),
    "MTD limit w/o model - collaborative-only": ("MTD limit w/o model", "Collaborative-only"),
    "MTD limit - collaborative-only": ("MTD limit", "Collaborative-only"),
    "placebo: MTD limit - shuffled feedback": ("MTD limit", "MTD limit, shuffled feedback"),
    "placebo: shuffled feedback - MTD limit w/o model": (
        "MTD limit, shuffled feedback",
        "MTD limit w/o model",
    ),
    "control: MTD limit - collaborative, same kinds": (
        "MTD limit",
        "Collaborative-only, kinds of MTD limit",
    ),
}
"""The differences between arms that the paper's claims are about, the placebo and the control."""

SWEEP = {
    "bonus_worth and heed as assumed": ("MTD limit", "Collaborative-only"),
    "heed 0": ("MTD limit w/o model", "Collaborative-only"),
    "bonus_worth 0": ("MTD limit, bonus worth 0", "Collaborative-only"),
    "bonus_worth 0, heed 0": ("MTD limit w/o model, bonus worth 0", "Collaborative-only"),
}
"""MTD limit - collaborative-only, with and without each of two assumptions.

Teachers who do not heed the model give the same examples as those who do not see it, so the arms
without the model are those with heed 0.
"""


def arm_differences(
    scores: DataFrame,
    comparisons: dict[str, tuple[str, str]] | None = None,
    measure: str = "right",
) -> DataFrame:
    """Return the differences between arms on the same test examples.

    Parameters
    ----------
    scores : DataFrame
        Rows of `score_arms` of one agent and one round.
    comparisons : dict of str to tuple of str, optional
        Two arms, by the name of their difference; `COMPARISONS` by default.
    measure : str
        The column that is compared.

    Returns
    -------
    DataFrame
        Columns comparison, value, low, high, n (crowds) and warning; the 95 % intervals are over
        crowds, see `over_crowds`.
    """
    table = compare_arms(scores, comparisons or COMPARISONS, measure, over="crowds")
    return table.rename(columns={"name": "comparison"})


def differences_by(
    scores: DataFrame, comparison: str, by: Sequence[str], measures: Sequence[str]
) -> DataFrame:
    """Return one difference between arms for each group of scores and each measure.

    Parameters
    ----------
    scores : DataFrame
        Rows of `score_arms` of one round, with the columns `by`.
    comparison : str
        A key of `COMPARISONS`.
    by : sequence of str
        Columns whose values are reported apart, such as the agent.
    measures : sequence of str
        The columns that are compared.

    Returns
    -------
    DataFrame
        Columns `by`, measure, and those of `arm_differences`.
    """
    arms = {comparison: COMPARISONS[comparison]}
    tables = []
    for group, part in scores.groupby(list(by), sort=False):
        for measure in measures:
            table = arm_differences(part, arms, measure)
            tables.append(table.assign(measure=measure, **dict(zip(by, group, strict=True))))
    together = pd.concat(tables, ignore_index=True)
    return together[[*by, "measure", *tables[0].columns.drop([*by, "measure"])]]
