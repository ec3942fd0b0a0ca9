"""What is known about each worker, and who may have guessed or copied."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gamelabel.aggregation.aggregation_result import Aggregation
from gamelabel.tables.vote_counts import FloatArray

_MIN_LABELS = 10  # fewer say too little about a worker
_MIN_COMMON_TASKS = 10
_LEVEL = 0.01  # of a test, divided by the number of pairs


def workers_report(
    labels: pd.DataFrame, fit: Aggregation, confidence: float = 0.95
) -> pd.DataFrame:
    """Describe each worker: work, agreement, skill, speed, habits, and suspicions.

    Parameters
    ----------
    labels : DataFrame
        The labels that were aggregated. A column `seconds` (or `response_ms`) has the time of each
        label, `shown_left` (a or b) the image shown on the left.
    fit : Aggregation
        Their aggregation by `fit_labels`.
    confidence : float
        Confidence of the interval of the skill.

    Returns
    -------
    DataFrame
        A row per worker: `worker`, `labels`; `agreement`, the share of the other labels of the same
        tasks that agree; `skill`, the expected share of right labels, with its interval `low` and
        `high` (Beta distribution with the crowd's skill as two pseudo-labels); `seconds`, the
        median; `most_used`, the label used most, and `most_used_share`; `left_share`, of choices of
        the left image; `copies`, the worker whose answers agree improbably often (see
        `copied_answers`), else None; `suspicion`, a sentence, else None. Without the columns for
        them, `seconds` and `left_share` are NaN.

    Raises
    ------
    ValueError
        For a result of "majority", of other labels, and without labels or the column `worker`.

    Examples
    --------
    >>> from gamelabel.aggregation import fit_labels
    >>> columns = {"ann": "abababab", "bob": "abababab", "cem": "aaaaaaaa"}
    >>> rows = [(task, worker, columns[worker][task]) for worker in columns for task in range(8)]
    >>> labels = pd.DataFrame(rows, columns=["task", "worker", "label"])
    >>> report = workers_report(labels, fit_labels(labels, "one-coin"))
    >>> report[["worker", "labels", "most_used_share"]].to_dict("list")
    {'worker': ['ann', 'bob', 'cem'], 'labels': [8, 8, 8], 'most_used_share': [0.5, 0.5, 1.0]}
    """
    from scipy.stats import beta

    if labels.empty:
        raise ValueError("there are no labels to report on")
    if "worker" not in labels:
        raise ValueError("labels have no column worker, so there are no workers to report on")
    if not set(fit.encoded.workers) <= set(labels["worker"]):
        raise ValueError(
            "this result has nothing about these workers: use `fit_labels` on the same labels with "
            "a method other than majority"
        )
    crowd, posterior = fit.crowd, fit.fit.posterior
    workers = pd.Index(fit.encoded.workers, name="worker")
    n = crowd.sum_by_worker(np.ones(len(crowd.task)))
    votes = crowd.votes()
    others = votes.sum(1)[crowd.task] - 1
    agreeing = crowd.sum_by_worker(crowd.at_labels(votes) - 1)
    with_others = crowd.sum_by_worker(others)
    agreement = np.divide(agreeing, with_others, out=np.full(len(n), np.nan), where=with_others > 0)
    right = crowd.sum_by_worker(crowd.at_labels(posterior))
    crowd_skill = right.sum() / max(n.sum(), 1)
    a, b = right + 2 * crowd_skill, n - right + 2 * (1 - crowd_skill)
    tail = (1 - confidence) / 2
    used = np.zeros((len(n), crowd.n_categories))
    np.add.at(used, (crowd.worker, crowd.label), 1)
    report = pd.DataFrame(
        {
            "worker": workers,
            "labels": n.astype(int),
            "agreement": agreement,
            "skill": a / (a + b),
            "low": beta.ppf(tail, a, b),
            "high": beta.ppf(1 - tail, a, b),
            "seconds": _median_seconds(labels).reindex(workers).to_numpy(float),
            "most_used": np.asarray(fit.encoded.categories)[used.argmax(1)],
            "most_used_share": used.max(1) / np.maximum(n, 1),
            "left_share": _left_share(labels).reindex(workers).to_numpy(float),
        }
    )
    copied = copied_answers(fit)
    source = pd.concat(
        [
            copied.set_index("worker")["other"],
            copied.set_index("other")["worker"],
        ]
    )
    report["copies"] = report["worker"].map(source[~source.index.duplicated()].to_dict())
    report["suspicion"] = _suspicions(report, posterior.mean(0), fit.encoded.categories)
    return report


def suspected_spam(report: pd.DataFrame) -> pd.DataFrame:
    """Return the workers of a report who are under suspicion, the busiest first.

    Parameters
    ----------
    report : DataFrame
        From `workers_report`.

    Returns
    -------
    DataFrame
        `worker`, `labels`, `skill` and `suspicion`.

    Examples
    --------
    >>> report = pd.DataFrame(
    ...     {"worker": ["u", "v"], "labels": [5, 9], "skill": [0.9, 0.5], "suspicion": [None, "x"]}
    ... )
    >>> suspected_spam(report).worker.tolist()
    ['v']
    """
    suspects = report[report["suspicion"].notna()].sort_values("labels", ascending=False)
    return suspects[["worker", "labels", "skill", "suspicion"]].reset_index(drop=True)


def copied_answers(fit: Aggregation) -> pd.DataFrame:
    """Find pairs of workers whose labels agree more often than their skills explain.

    For each pair with ten common tasks, the number of equal labels is compared with what their
    confusion matrices lead to expect, given the labels of the other workers. Hard tasks make honest
    workers agree on wrong labels too, so the deviations are measured against those of all pairs
    (their median and the median absolute deviation), and a pair is reported if such a deviation has
    probability below .01 over the number of pairs, by Student's t: few pairs say little about the
    others.

    Parameters
    ----------
    fit : Aggregation
        From `fit_labels`.

    Returns
    -------
    DataFrame
        `worker`, `other`, `common` tasks, share of equal labels (`equal`), `expected` share, and
        `score` in standard deviations, the greatest first.

    References
    ----------
    Efron, "Large-scale simultaneous hypothesis testing: the choice of a null hypothesis" (2004).

    Examples
    --------
    >>> from gamelabel.aggregation import fit_labels
    >>> labels = pd.DataFrame({"task": [1, 1], "worker": ["u", "v"], "label": ["a", "a"]})
    >>> len(copied_answers(fit_labels(labels, "one-coin")))
    0
    >>> len(copied_answers(fit_labels(labels.head(0), "one-coin")))
    0
    """
    from scipy.special import stdtrit

    if not len(fit.crowd.label):
        return pd.DataFrame(columns=["worker", "other", "common", "equal", "expected", "score"])
    pairs = _common_tasks(fit)
    deviation = (pairs["n_equal"] - pairs["n_expected"]) / np.sqrt(pairs["variance"])
    middle = deviation.median()
    scale = max(float((deviation - middle).abs().median()) * 1.4826, 1.0) if len(pairs) else 1.0
    table = pd.DataFrame(
        {
            "worker": pairs["worker"],
            "other": pairs["other"],
            "common": pairs["common"],
            "equal": pairs["n_equal"] / pairs["common"],
            "expected": pairs["n_expected"] / pairs["common"],
            "score": (deviation - middle) / scale,
        }
    )
    limit = -stdtrit(max(len(pairs) - 1, 1), _LEVEL / max(len(pairs), 1))
    table = table[table["score"] > limit].sort_values("score", ascending=False)
    return table.reset_index(drop=True)


def _common_tasks(fit: Aggregation) -> pd.DataFrame:
    """Count common tasks and equal labels of pairs of workers, and sum what is expected.

    What a pair is expected to say follows from the labels of all others: two who copy, and whose
    labels count among the answers, would seem to be right and so explain their own agreement.
    """
    crowd = fit.crowd
    rows = pd.DataFrame({"task": crowd.task, "worker": crowd.worker, "label": crowd.label})
    rows = rows.drop_duplicates(["task", "worker"])
    pairs = rows.merge(rows, on="task", suffixes=("", "_other"))
    pairs = pairs[pairs["worker"] < pairs["worker_other"]]
    keys = ["worker", "worker_other"]
    common = pairs.groupby(keys)["task"].transform("size")
    pairs = pairs[common >= _MIN_COMMON_TASKS]
    chance = _chance_of_equal_labels(fit, rows, pairs)
    pairs = pairs.assign(
        n_equal=pairs["label"] == pairs["label_other"],
        n_expected=chance,
        variance=chance * (1 - chance),
        common=1,
    )
    table = pairs.groupby(keys)[["common", "n_equal", "n_expected", "variance"]].sum()
    table = table.reset_index().rename(columns={"worker_other": "other"})
    names = np.asarray(fit.encoded.workers)
    return table.assign(worker=names[table["worker"]], other=names[table["other"]])


def _chance_of_equal_labels(
    fit: Aggregation, rows: pd.DataFrame, pairs: pd.DataFrame
) -> FloatArray:
    """Return the probability that two labels of a task are equal, by row of `pairs`."""
    from scipy.special import softmax

    from gamelabel.aggregation.worker_confusion import confusion_matrices

    crowd, posterior = fit.crowd, fit.fit.posterior
    confusion = confusion_matrices(crowd, posterior)
    log_confusion = np.log(np.maximum(confusion, np.finfo(float).tiny))
    joint = np.zeros(posterior.shape)
    np.add.at(joint, rows["task"], log_confusion[rows["worker"], :, rows["label"]])
    task, label, other_label = (pairs[name].to_numpy() for name in ("task", "label", "label_other"))
    of_others = joint[task] - log_confusion[pairs["worker"], :, label]
    of_others -= log_confusion[pairs["worker_other"], :, other_label]
    shares = np.maximum(posterior.mean(0), np.finfo(float).tiny)
    answers = softmax(of_others + np.log(shares), axis=1)
    answers[crowd.gold[task] >= 0] = posterior[task[crowd.gold[task] >= 0]]
    pair = pairs.groupby(["worker", "worker_other"]).ngroup().to_numpy()
    n_pairs, n_categories = int(pair.max(initial=-1)) + 1, crowd.n_categories
    prior = 2 * confusion.mean(0)  # pseudo-labels, as the crowd's
    chance = np.zeros(len(pairs))
    for truth in range(n_categories):
        equal = np.ones((n_pairs, n_categories))
        for codes in (label, other_label):
            cell = pair * n_categories + codes
            counts = np.bincount(cell, answers[:, truth], n_pairs * n_categories)
            expected = counts.reshape(n_pairs, n_categories) + prior[truth]
            equal *= expected / expected.sum(1, keepdims=True)
        chance += answers[:, truth] * equal.sum(1)[pair]
    return chance


def _median_seconds(labels: pd.DataFrame) -> pd.Series:
    """Return the median time of each worker's labels in seconds; empty if it is not known."""
    if "seconds" in labels:
        return labels.groupby("worker")["seconds"].median()
    if "response_ms" in labels:
        return labels.groupby("worker")["response_ms"].median() / 1000
    return pd.Series(dtype=float)


def _left_share(labels: pd.DataFrame) -> pd.Series:
    """Return how often each worker chose the left image; empty if the sides are not known."""
    if "shown_left" not in labels:
        return pd.Series(dtype=float)
    chosen = labels[labels["label"].isin(["a", "b"])]
    is_left = chosen["label"] == chosen["shown_left"]
    return is_left.groupby(chosen["worker"]).mean()


def _suspicions(report: pd.DataFrame, shares: FloatArray, categories: pd.Index) -> list[str | None]:
    """Return for each row why the worker may not have tried, or None."""
    from scipy.stats import binom

    share = dict(zip(categories, shares, strict=True))
    guess = float(max(shares.max(), 1 / len(shares))) if len(shares) else 1.0
    sentences: list[str | None] = []
    for row in report.itertuples():
        expected = min(share.get(row.most_used, 0.0) + 0.5 * (1 - share.get(row.most_used, 0)), 1)
        times = round(row.most_used_share * row.labels)
        repeats = binom.sf(times - 1, row.labels, expected) < _LEVEL / len(report)
        sentence = None
        if row.labels >= _MIN_LABELS and repeats:
            sentence = f"gives the label {row.most_used} in {row.most_used_share:.0%} of cases"
        elif row.labels >= _MIN_LABELS and row.high < guess:
            sentence = f"is right in at most {row.high:.0%}, less than one who always says the same"
        elif isinstance(row.copies, str | int | np.integer) and not pd.isna(row.copies):
            sentence = f"agrees improbably often with {row.copies}"
        sentences.append(sentence)
    return sentences
