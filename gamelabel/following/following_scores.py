"""How well answers follow commands: end states, actions and ranks, and their averages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
from pandas import DataFrame

from gamelabel.following.agent import Agent
from gamelabel.following.answer_ranks import rank_answers
from gamelabel.following.command_examples import CommandExample
from gamelabel.following.decoding import follow_commands
from gamelabel.following.score_intervals import Over, estimate_scores
from gamelabel.games.dungeon import Action, World, end_state
from gamelabel.reliability.estimate import Estimate

HITS = (1, 5, 10)
Equality = Literal["state", "published"]


def reaches_end_state(
    example: CommandExample, answer: Sequence[Action], equality: Equality = "state"
) -> bool:
    """Return whether an answer leads to the end state that is meant.

    Parameters
    ----------
    example : CommandExample
        The world and the actions that are meant.
    answer : sequence of Action
        Actions; those that are not possible change nothing.
    equality : {"state", "published"}
        Which end states are equal: truly equal ones, or those that the paper's code takes as equal;
        see `World.published_key`.
    """
    ends = end_state(example.world, example.actions), end_state(example.world, answer, False)
    keys = [_key(end, equality) for end in ends]
    return keys[0] == keys[1]


def _key(world: World, equality: Equality) -> tuple[object, ...]:
    return world.published_key() if equality == "published" else world.state_key()


def action_f1(answer: Sequence[Action], meant: Sequence[Action]) -> float:
    """Return the F1 score of an answer's actions, in any order; an action counts once each time.

    Examples
    --------
    >>> get, eat, drop = (Action(verb, "apple") for verb in ("get", "eat", "drop"))
    >>> action_f1([get, eat], [get, eat]), action_f1([get], [get, eat, drop])
    (1.0, 0.5)
    >>> action_f1([get, get], [get, eat]), action_f1([], [get])
    (0.5, 0.0)
    """
    if not answer and not meant:
        return 1.0
    common = (Counter(answer) & Counter(meant)).total()
    return 2 * common / (len(answer) + len(meant))


def score_answers(
    examples: Sequence[CommandExample],
    answers: Sequence[Sequence[Action]],
    equality: Equality = "state",
) -> DataFrame:
    """Return a row for each example: example_id, teacher_id, length, right (0 or 1) and f1.

    Parameters
    ----------
    examples : sequence of CommandExample
        The commands.
    answers : sequence of sequence of Action
        The answer to each.
    equality : {"state", "published"}
        Which end states are equal; see `reaches_end_state`.
    """
    rows = []
    for example, answer in zip(examples, answers, strict=True):
        rows.append(
            {
                "example_id": example.example_id,
                "teacher_id": example.teacher_id,
                "length": len(example.actions),
                "right": float(reaches_end_state(example, answer, equality)),
                "f1": action_f1(answer, example.actions),
            }
        )
    columns = ["example_id", "teacher_id", "length", "right", "f1"]
    return pd.DataFrame(rows, columns=columns)


def score_agent(
    agent: Agent,
    examples: Sequence[CommandExample],
    n_ranked: int = 0,
    constrained: bool = True,
    seed: int = 0,
) -> DataFrame:
    """Return the scores of an agent's answers, a row for each example.

    Parameters
    ----------
    agent : Agent
        The model, in evaluation mode.
    examples : sequence of CommandExample
        The test set.
    n_ranked : int
        How many examples, from the first, get a rank; the others have NaN in its place.
    constrained : bool
        The decoding constraint; see `follow_commands`.
    seed : int
        Seed of the answers that the right one is ranked among.

    Returns
    -------
    DataFrame
        Columns of `score_answers`, and hits1, hits5 and hits10 (0 or 1) if `n_ranked`.
    """
    scores = score_answers(examples, follow_commands(agent, examples, constrained))
    if n_ranked:
        ranks = pd.Series(rank_answers(agent, examples, seed, n_ranked=n_ranked), dtype=float)
        ranks = ranks.reindex(scores.index)
        for k in HITS:
            scores[f"hits{k}"] = (ranks <= k).astype(float).where(ranks.notna())
    return scores


def summarize(
    scores: DataFrame, by: Sequence[str], measures: Sequence[str], over: Over = "teachers"
) -> DataFrame:
    """Return the mean of each measure with its 95 % interval.

    Parameters
    ----------
    scores : DataFrame
        Rows of `score_agent` with the columns `by`, and seed if they are of several seeds.
    by : sequence of str
        Columns whose values are reported apart.
    measures : sequence of str
        Such as "right", "f1" and "hits1", all between 0 and 1.
    over : {"teachers", "crowds"}
        Which variation the interval covers; see `estimate_scores`.

    Returns
    -------
    DataFrame
        Columns `by`, measure, value, low, high, n (examples or crowds), warning (of the estimate).
    """
    rows = []
    for group, part in scores.groupby(list(by), sort=False):
        for measure in measures:
            known = part.dropna(subset=[measure]).rename(columns={measure: "value"})
            estimate = estimate_scores(known, over)
            row = {**dict(zip(by, group, strict=True)), "measure": measure, **estimate._asdict()}
            rows.append(row | {"warning": estimate.warning})
    return pd.DataFrame(rows)


def paired_difference(
    first: DataFrame, second: DataFrame, measure: str = "right", over: Over = "teachers"
) -> DataFrame:
    """Return first - second on the same examples, with its 95 % interval.

    Parameters
    ----------
    first, second : DataFrame
        Rows of `score_agent` for the same examples, and the same seeds if they have a column seed.
    measure : str
        The measure.
    over : {"teachers", "crowds"}
        Which variation the interval covers; see `estimate_scores`.

    Returns
    -------
    DataFrame
        One row: value, low, high, n, warning.
    """
    keys = ["example_id", *(["seed"] if "seed" in first else [])]
    gain = first.set_index(keys)[measure] - second.set_index(keys)[measure]
    rows = first.set_index(keys)[["teacher_id"]].assign(value=gain).dropna().reset_index()
    estimate = estimate_scores(rows, over, limits=(-1.0, 1.0))
    return pd.DataFrame([{**estimate._asdict(), "warning": estimate.warning}])


def as_estimate(row: Any) -> Estimate:
    """Return a row of `summarize`, `paired_difference` or `compare_arms` as an estimate.

    It has the warning, which a number by itself would lose.
    """
    return Estimate(row.value, row.low, row.high, row.n).with_warning(row.warning)


def compare_arms(
    scores: DataFrame,
    pairs: Mapping[str, tuple[str, str]],
    measure: str = "right",
    over: Over = "teachers",
) -> DataFrame:
    """Return by how much the first arm of each pair is better; see `paired_difference`.

    Parameters
    ----------
    scores : DataFrame
        Rows of `score_agent` with a column arm.
    pairs : mapping of str to tuple of str
        Two arms, by the name of their difference.
    measure : str
        The measure.
    over : {"teachers", "crowds"}
        Which variation the intervals cover; see `estimate_scores`.

    Returns
    -------
    DataFrame
        Columns name, value, low, high, n, warning.
    """
    arms = dict(list(scores.groupby("arm", sort=False)))
    rows = []
    for name, (first, second) in pairs.items():
        gain = paired_difference(arms[first], arms[second], measure, over)
        rows.append(gain.assign(name=name))
    table = pd.concat(rows, ignore_index=True)
    return table[["name", "value", "low", "high", "n", "warning"]]
