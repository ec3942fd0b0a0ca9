"""Scores of pictures, their issues, and the words of their prompts: what goes together.

The analysis of ImageReward's slides, for tables with a row a judgement: scores, and issues that are
1.0 (present), 0.0 or NaN (not asked).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from gamelabel.prompts.function_words import FUNCTION_WORDS, NAMED_BY_THE_SLIDES, function_words
from gamelabel.reliability.compared_estimates import difference
from gamelabel.reliability.estimate import Estimate, estimate_mean, proportion
from gamelabel.tables.label_tables import LabelTables

ANY_WORD, NAMED_WORD = "any of these", "named by the slides"
_COLUMNS = ["value", "low", "high", "n"]


def judgements(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Join ratings with the issues of the same picture, annotator by annotator.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables of answers "rate", "issues", "categorise" and "prompts".

    Returns
    -------
    DataFrame
        A row a picture and annotator: the columns of "rate", a column for each issue that anybody
        ticked, `prompt`, and `category`, the one that most annotators chose for the prompt.
    """
    keys = ["annotator_id", "prompt_id", "picture"]
    joined = tables["rate"].merge(tables["issues"][[*keys, "issues"]], on=keys)
    for issue in sorted(set(joined["issues"].explode().dropna())):
        joined[issue] = [float(issue in ticked) for ticked in joined["issues"]]
    category = tables["categorise"].groupby("prompt_id")["category"].agg(lambda c: c.mode()[0])
    joined = joined.join(category, on="prompt_id")
    return joined.merge(tables["prompts"], on="prompt_id").drop(columns="issues")


def score_shares(scores: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return how often each score was given: rows are scores, columns what was scored.

    >>> score_shares({"overall": pd.Series([1, 2, 2, 2])})["overall"].tolist()
    [0.25, 0.75]
    """
    shares = {name: values.value_counts(normalize=True) for name, values in scores.items()}
    return pd.DataFrame(shares).fillna(0.0).sort_index().rename_axis("score")


def issue_shares(table: pd.DataFrame, issues: Sequence[str]) -> pd.DataFrame:
    """Return how often each issue is present, by category of the prompt.

    Parameters
    ----------
    table : DataFrame
        A row a judgement: `category`, `picture` and the issues.
    issues : sequence of str
        The issues.

    Returns
    -------
    DataFrame
        Columns `category`, `issue`, `value`, `low`, `high`, `n`; 95 % intervals over pictures.
        Issues that were not asked in a category have no row.

    Examples
    --------
    >>> table = pd.DataFrame({"category": ["x"] * 8, "picture": range(8), "blurry": [0, 1] * 4})
    >>> issue_shares(table, ["blurry"])["value"].tolist()
    [0.5]
    """
    rows = []
    for category, group in table.groupby("category", sort=False):
        for issue in issues:
            known = group[group[issue].notna()]
            if len(known):
                share = estimate_mean(known[issue], known["picture"])
                rows.append((category, issue, *share))
    return pd.DataFrame(rows, columns=["category", "issue", *_COLUMNS])


def scores_with_issues(
    table: pd.DataFrame,
    issues: Sequence[str],
    scores: Mapping[str, tuple[float, float]],
    by: str = "picture",
) -> pd.DataFrame:
    """Return how much lower scores are with an issue than without it.

    Parameters
    ----------
    table : DataFrame
        A row a judgement: the scores and the issues.
    issues : sequence of str
        The issues.
    scores : mapping of str to (float, float)
        Columns of scores, each with the least and the greatest possible score.
    by : str
        Column of the units that intervals are over.

    Returns
    -------
    DataFrame
        Columns `score`, `issue`, `value` (mean score with the issue minus that without), `low`,
        `high`, `n`. Both means are taken as independent. An issue that is always or never present
        has no row.
    """
    rows = []
    for score, limits in scores.items():
        for issue in issues:
            known = table[table[issue].notna() & table[score].notna()]
            present = known[issue] == 1.0
            if present.any() and not present.all():
                lower = score_difference(known[score], present, known[by], limits)
                rows.append((score, issue, *lower))
    return pd.DataFrame(rows, columns=["score", "issue", *_COLUMNS])


def score_difference(
    scores: pd.Series, marked: pd.Series, units: pd.Series, limits: tuple[float, float]
) -> Estimate:
    """Return the mean score of marked rows minus that of the others, with a 95 % interval.

    Parameters
    ----------
    scores : Series of float
        The scores.
    marked : Series of bool
        Which rows are marked.
    units : Series
        What the interval is over: rows of a unit may depend on each other, those of different
        units, such as prompts that differ, may not.
    limits : tuple of float
        The least and the greatest possible score.

    Examples
    --------
    >>> scores = pd.Series([1.0, 2.0] * 20)
    >>> score_difference(scores, scores > 1, pd.Series(range(40)), (0, 5)).value
    1.0
    """
    chosen = marked.to_numpy(bool)
    means = [estimate_mean(scores[rows], units[rows], limits=limits) for rows in (chosen, ~chosen)]
    return difference(*means)


def shares_by(table: pd.DataFrame, column: str, by: str) -> pd.DataFrame:
    """Return the share of rows in which a column is true, by group: `name`, `value`, `low`, `high`.

    >>> table = pd.DataFrame({"skill": list("xxy"), "agreed": [True, False, True]})
    >>> shares_by(table, "agreed", "skill")[["name", "value", "n"]].values.tolist()
    [['x', 0.5, 2], ['y', 1.0, 1]]
    """
    rows = [
        (name, *proportion(float(values.sum()), len(values)))
        for name, values in table.groupby(by)[column]
    ]
    return pd.DataFrame(rows, columns=["name", *_COLUMNS])


def adjective_effects(
    table: pd.DataFrame, words: Sequence[str], scores: Sequence[str], limits: tuple[float, float]
) -> pd.DataFrame:
    """Return how much higher scores are where an adjective was added to the prompt.

    Compared are prompts to which this adjective was added and those to which others were added, but
    none of `words`.

    Parameters
    ----------
    table : DataFrame
        A row a picture: `prompt`, `adjectives` (joined by "; "), and the scores.
    words : sequence of str
        The adjectives.
    scores : sequence of str
        Columns of scores.
    limits : tuple of float
        The least and the greatest possible score.

    Returns
    -------
    DataFrame
        Columns `word`, `score`, `value`, `low`, `high`, `n`; intervals are over prompts.

    Examples
    --------
    >>> table = pd.DataFrame({"prompt": list("abcd"), "quality": [1.0, 2.0, 3.0, 4.0]})
    >>> table["adjectives"] = ["top view", "top view", "hyper detail", "hyper detail"]
    >>> adjective_effects(table, ["hyper detail"], ["quality"], (0, 5))["value"].tolist()
    [2.0]
    """
    added = table[table["adjectives"].astype(bool)]
    has = {
        word: added["adjectives"].str.split("; ").map(lambda a, w=word: w in a) for word in words
    }
    others = ~pd.DataFrame(has).any(axis=1)
    rows = []
    for word in words:
        chosen = has[word].astype(bool)
        compared = added[chosen | others]
        if chosen.any() and others.any():
            for score in scores:
                values = compared[score].astype(float)
                gap = score_difference(values, chosen[compared.index], compared["prompt"], limits)
                rows.append((word, score, *gap))
    return pd.DataFrame(rows, columns=["word", "score", *_COLUMNS])


def correlation_interval(
    table: pd.DataFrame, one: str, other: str, by: str, replicates: int = 1000, seed: int = 0
) -> Estimate:
    """Return Spearman's correlation of two scores with a bootstrap interval over units.

    Parameters
    ----------
    table : DataFrame
        The scores, a row a picture.
    one, other : str
        The columns of the scores.
    by : str
        The column of the units that are drawn, such as the prompt.
    replicates : int
        Number of bootstrap replicates.
    seed : int
        Seed of the bootstrap.

    Examples
    --------
    >>> table = pd.DataFrame({"x": range(40), "y": range(40), "prompt": range(40)})
    >>> correlation_interval(table, "x", "y", "prompt", 50).value
    1.0
    """
    if len(table) < 2:
        return Estimate(float("nan"), -1.0, 1.0, len(table)).with_warning("there are no scores")
    rng = np.random.default_rng(seed)
    rows = list(table.groupby(by).indices.values())
    pairs = table[[one, other]].to_numpy(float)
    drawn = [
        _spearman(pairs[np.concatenate([rows[i] for i in rng.integers(len(rows), size=len(rows))])])
        for _ in range(replicates)
    ]
    value = _spearman(pairs)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, min(float(low), value), max(float(high), value), len(rows))


def ties_by_words(ranked: LabelTables) -> Estimate:
    """Return how many more pairs of rankings are ties if the prompt has function words, a share.

    The 95 % interval is over prompts.
    """
    tied = (ranked.labels["choice"] == "tie").astype(float)
    has_words = ranked.pairs["prompt"].map(function_words).astype(bool)
    return score_difference(tied, has_words, ranked.pairs["prompt_id"], (0.0, 1.0))


def function_word_shares(prompts: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the share of prompts that have each function word, and any of them.

    Parameters
    ----------
    prompts : mapping of str to sequence of str
        The prompts of each set.

    Returns
    -------
    DataFrame
        Columns `set`, `word`, `value`, `low`, `high`, `n`; rows for `ANY_WORD` and for
        `NAMED_WORD`, the two that the slides name, come first.

    Examples
    --------
    >>> shares = function_word_shares({"ours": ["a fox, 8k", "a fox"]})
    >>> shares.set_index("word")["value"][["any of these", "8k", "4k"]].tolist()
    [0.5, 0.5, 0.0]
    """
    rows = []
    for name, texts in prompts.items():
        words = [function_words(text) for text in texts]
        groups = {ANY_WORD: FUNCTION_WORDS, NAMED_WORD: NAMED_BY_THE_SLIDES}
        groups |= {word: (word,) for word in FUNCTION_WORDS}
        for word, group in groups.items():
            share = estimate_mean([float(bool(set(group) & set(of_prompt))) for of_prompt in words])
            rows.append((name, word, *share))
    return pd.DataFrame(rows, columns=["set", "word", *_COLUMNS])


def _spearman(pairs: np.ndarray) -> float:
    ranks = pd.DataFrame(pairs).rank().to_numpy()
    return float(np.corrcoef(ranks.T)[0, 1])
