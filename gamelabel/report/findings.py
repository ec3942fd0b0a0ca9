"""What a run found, in a few sentences made from its numbers and claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from gamelabel.study.claims import format_interval, format_number

_Metrics = Mapping[str, Mapping[str, Any]]
_Claims = Mapping[str, Mapping[str, Any]]  # by id
_SIMULATED = "simulated"
_LABELS_OF = {  # by their source
    "crowd": "labels of a crowd",
    "game": "labels of people who played the game",
    "own": "labels of your own",
    "released": "the labels of GameLabel-10K",
    "simulated": "labels of simulated people",
}
_GATED_CROWD = re.compile(r"real_(\w+)_threshold_label_accuracy_kept")


class Finding(NamedTuple):
    """One result in one sentence.

    Attributes
    ----------
    sentence : str
        The result, with its intervals.
    figure : str
        The name of the figure that shows it.
    notebook : str
        The name of the notebook that computed it.
    simulated : bool
        Whether it rests on simulated people.
    """

    sentence: str
    figure: str
    notebook: str
    simulated: bool


def findings(metrics: _Metrics, claims: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Return what a run found, the most important first; what it did not measure is left out.

    Parameters
    ----------
    metrics : mapping
        The numbers of a run, as in `metrics.json`.
    claims : sequence of mapping
        The judged claims, as in `claims.json`.

    Returns
    -------
    list of Finding
        Five for a whole run.

    Examples
    --------
    >>> change = {"value": 0.03, "low": 0.01, "high": 0.05, "source": "simulated"}
    >>> (finding,) = findings({"tuning_adherence_change": change}, [])
    >>> print(finding.sentence.partition(" (")[2])
    3.0 percentage points [1.0, 5.0]).
    """
    by_id = {claim["id"]: claim for claim in claims}
    parts = (_labels, _votes, _tuning, _methods, _filter, _gate)
    return [finding for part in parts for finding in part(metrics, by_id)]


def labels_text(sources: str) -> str:
    """Return in words whose labels a step had; a word that is not a source stays as it is.

    >>> labels_text("crowd+released")
    'labels of a crowd and the labels of GameLabel-10K'
    """
    words = [_LABELS_OF.get(word, f"labels that are {word}") for word in sources.split("+")]
    return " and ".join(words)


def _labels(metrics: _Metrics, claims: _Claims) -> Iterator[Finding]:
    names = ("accuracy_mean", "accuracy_weighted")
    mean, weighted = (_get(metrics, f"reliability_{name}") for name in names)
    players, labels = _get(metrics, "labels_players"), _get(metrics, "labels_annotations")
    if not (mean and weighted and players and labels):
        return
    simulated = _is_simulated(players)
    people = "simulated players" if simulated else "players"
    sentence = (
        f"{format_number(players['value'])} {people} gave {format_number(labels['value'])} labels;"
        f" their accuracy on points with a known answer is {_share(mean)} as a mean of players and"
        f" {_share(weighted)} as a mean by label"
    )
    numbers = [_paper_number(claims, name) for name in names]
    if None not in numbers:
        paper = " and ".join(_percent(number, 0) for number in numbers if number is not None)
        verdict = claims[names[0]]["verdict"]
        paper_says = (
            "the simulation was fitted to the paper's" if verdict == "set" else "the paper:"
        )
        sentence += f" ({paper_says} {paper})"
    yield Finding(f"{sentence}.", "reliability_accuracy", "04_reliability", simulated)


def _votes(metrics: _Metrics, claims: _Claims) -> Iterator[Finding]:
    """Labels without known answers: how many there are, and how far they agree."""
    labels, points = _get(metrics, "labels_kept"), _get(metrics, "labels_points")
    alpha, accuracy = (_get(metrics, f"reliability_{name}") for name in ("alpha", "accuracy_mean"))
    if accuracy or not (labels and points and alpha):
        return
    simulated = _is_simulated(labels)
    players = _get(metrics, "labels_players")
    people = "simulated players" if simulated else "people"
    by = f" by {format_number(players['value'])} {people}" if players else ""
    agreement = f"{format_number(alpha['value'])} {format_interval(alpha)}".rstrip()
    sentence = (
        f"{format_number(labels['value'])} labels{by} of {format_number(points['value'])} pairs"
        f" have a Krippendorff's alpha of {agreement}; without known answers their accuracy"
        " cannot be measured."
    )
    yield Finding(sentence, "reliability_alpha", "04_reliability", simulated)


def _tuning(metrics: _Metrics, claims: _Claims) -> Iterator[Finding]:
    change = _get(metrics, "tuning_adherence_change")
    gain = _get(metrics, "tuning_selection_gain_published")
    if not change:
        return
    sentence = f"Tuning on the images that players preferred {_effect(change)}"
    if gain:
        sentence += (
            f"; the difference from tuning on random images of the same pairs is {_points(gain)}"
        )
    yield Finding(f"{sentence}.", "tuning_changes", "05_tuning", _is_simulated(change))


def _methods(metrics: _Metrics, claims: _Claims) -> Iterator[Finding]:
    gain = _get(metrics, "preference_dpo_over_supervised")
    ours, other = _get(metrics, "reward_accuracy_model"), _get(metrics, "reward_accuracy_next")
    parts = []
    if gain:
        parts.append(
            f"on the same labels DPO differs from supervised tuning by {_points(gain)} of adherence"
        )
    if ours and other:
        parts.append(
            f"a reward model agrees with annotators on {_share(ours)} of pairs, the best other"
            f" scorer on {_share(other)}"
        )
    if parts:
        sentence = "; ".join(parts)
        figure, notebook = "reward_scorers", "07_reward_model"
        if gain:
            figure, notebook = "preference_arms", "08_pairwise_losses"
        simulated = any(_is_simulated(number) for number in (gain, ours) if number)
        yield Finding(f"{sentence[0].upper()}{sentence[1:]}.", figure, notebook, simulated)


def _filter(metrics: _Metrics, claims: _Claims) -> Iterator[Finding]:
    shares = [
        _get(metrics, f"prompts_published_lowest_share_kept_{rule}")
        for rule in ("whole_word", "substring")
    ]
    if not all(shares):
        return
    words, substrings = (_share(share) for share in shares if share)
    sentence = (
        "Of each published set of 1,000 prompts or more the strictest word list keeps at least"
        f" {words} if it looks for whole words and {substrings} if it looks for substrings"
    )
    paper = _paper_number(claims, "prompts_share_kept")
    if paper is not None:
        sentence += f"; the paper kept {_percent(paper, 0)} of its prompts"
    yield Finding(f"{sentence}.", "prompts_kept", "01_prompts", simulated=False)


def _gate(metrics: _Metrics, claims: _Claims) -> Iterator[Finding]:
    crowds = [name for metric in metrics for name in _GATED_CROWD.findall(metric)]
    rows = []
    for crowd in crowds:
        kept = _get(metrics, f"real_{crowd}_threshold_label_accuracy_kept")
        everyone = _get(metrics, f"real_{crowd}_accuracy_weighted")
        spent = _get(metrics, f"real_{crowd}_threshold_spent")
        if kept and everyone and spent:
            rows.append((kept["value"] > everyone["value"], spent["value"]))
    if not rows:
        return
    better = sum(is_better for is_better, _ in rows)
    spent_on_known = median(spent for _, spent in rows)
    sentence = (
        f"Replayed over the labels of {len(rows)} real crowds, the paper's gate raises the share of"
        f" right labels in {better}, and spends a median of {_percent(spent_on_known, 0)} of"
        " the labels on tasks with a known answer."
    )
    yield Finding(sentence, "real_gate_costs", "06_real_crowds", simulated=False)


def _get(metrics: _Metrics, name: str) -> Mapping[str, Any] | None:
    """Return a number of the run, or None if it was not measured."""
    metric = metrics.get(name)
    return None if metric is None or metric.get("value") is None else metric


def _is_simulated(metric: Mapping[str, Any]) -> bool:
    return metric.get("source") == _SIMULATED


def _share(metric: Mapping[str, Any]) -> str:
    """Return a share with its interval, in percent."""
    text = _percent(metric["value"])
    if metric.get("low") is None or metric.get("high") is None:
        return text
    return f"{text} [{100 * metric['low']:.1f}, {100 * metric['high']:.1f}]"


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def _paper_number(claims: _Claims, name: str) -> float | None:
    """Return the number that the paper gives in a claim, if it gives one."""
    number = claims.get(name, {}).get("paper_number")
    return float(number) if isinstance(number, int | float) else None


def _effect(metric: Mapping[str, Any]) -> str:
    """Return whether a change of adherence is a rise, a fall or neither, with its size."""
    verb = "does not clearly change"
    if metric.get("low") is not None and metric["low"] > 0:
        verb = "raises"
    if metric.get("high") is not None and metric["high"] < 0:
        verb = "lowers"
    return f"{verb} adherence to held-out prompts ({_points(metric)})"


def _points(metric: Mapping[str, Any]) -> str:
    """Return a difference of shares with its interval, in percentage points."""
    text = f"{_hundredths(metric['value'])} percentage points"
    if metric.get("low") is None or metric.get("high") is None:
        return text
    return f"{text} [{_hundredths(metric['low'])}, {_hundredths(metric['high'])}]"


def _hundredths(value: float) -> str:
    return f"{100 * value:.1f}".replace("-", "\N{MINUS SIGN}")
