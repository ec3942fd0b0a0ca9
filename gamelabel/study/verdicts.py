"""Compare the claims of the papers with what a run measured: one verdict per claim.

A claim has an accepted range, which follows from its wording, and our number has an interval. The
claim `matches` only if the whole interval is in the range, `differs` if all of it is outside, and
is otherwise `undecided`. So less data, which make an interval wider, can turn a verdict into
`undecided` but never into `matches`. A number without an interval decides nothing, unless it counts
the paper's own data set, which has no sampling error. docs/claims.md describes the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gamelabel.reliability.compared_estimates import difference, ratio
from gamelabel.reliability.estimate import FEW_CLUSTERS, Estimate
from gamelabel.study.claims import (
    COMPARED_WITH,
    DIFFERS,
    IN_SIMULATION,
    MATCHES,
    SET,
    UNDECIDED,
    UNTESTABLE,
    format_number,
)

_Metrics = Mapping[str, Mapping[str, Any]]
_RELEASED, _PRINTED, _SIMULATED = "released", "printed", "simulated"
_EXACT = ({_RELEASED}, {_PRINTED})  # what a `census` may be of: the paper's own data or tables
_PUBLISHED = {_RELEASED, _PRINTED, "published"}  # data that anybody can look up
_OWN = {"own", "crowd", "game"}  # the user's


class _Measured(NamedTuple):
    """Our number for a claim: one metric, or two that are compared."""

    estimate: Estimate
    has_interval: bool
    sources: frozenset[str]


def judge(
    claims: Sequence[Mapping[str, Any]], metrics: _Metrics, judge_own: bool = False
) -> list[dict[str, Any]]:
    """Return each claim with what the run measured and the verdict, as in `claims.json`.

    Parameters
    ----------
    claims : sequence of mapping
        The claims, from `load_claims`.
    metrics : mapping
        What the run recorded, from `gamelabel.study.recording.read_metrics`.
    judge_own : bool
        Whether the user's own data are compared with the papers.
    """
    verdicts: dict[str, str] = {}
    judged = []
    for claim in claims:
        result = _judge(claim, metrics, judge_own, verdicts)
        verdicts[claim["id"]] = result["verdict"].partition(":")[0]
        judged.append(result)
    return judged


def _judge(
    claim: Mapping[str, Any], metrics: _Metrics, judge_own: bool, earlier: Mapping[str, str]
) -> dict[str, Any]:
    ours = metrics.get(claim.get("metric", ""), {})
    measured = _measure(claim, metrics)
    verdict, reason = _verdict(claim, metrics, measured, judge_own)
    premise = claim.get("presumes", "")
    is_compared = verdict.startswith((MATCHES, DIFFERS, UNDECIDED))
    if premise and is_compared and not earlier[premise].startswith(MATCHES):
        verdict = UNTESTABLE
        reason = f"it presumes the claim {premise}, whose verdict is {earlier[premise]}"
    estimate = measured.estimate if measured else None
    has_interval = measured is not None and measured.has_interval
    accepted = _accepted(claim)
    return {
        "id": claim["id"],
        "paper": claim["paper"],
        "section": str(claim["section"]),
        "description": claim["description"],
        "paper_number": claim.get("paper_number"),
        "accepted": None if accepted is None else list(accepted),
        "ours": None if estimate is None else _finite(estimate.value),
        "low": _finite(estimate.low) if estimate and has_interval else None,
        "high": _finite(estimate.high) if estimate and has_interval else None,
        "n": _count(claim, metrics),
        "unit": "" if "over" in claim else ours.get("unit", ""),
        "metric": _metric_text(claim),
        "label_source": "+".join(sorted(measured.sources)) if measured else "",
        "verdict": f"{verdict}: {reason}" if verdict == UNTESTABLE else verdict,
        "reason": reason,
        "warning": estimate.warning if estimate else "",
        "notebook": f"notebooks/{ours['notebook']}.html#cell-{ours['cell']}" if ours else None,
    }


def _metric_text(claim: Mapping[str, Any]) -> str:
    name = str(claim.get("metric", ""))
    if "minus" in claim:
        return f"{name} - {claim['minus']}"
    return f"{name} / {claim['over']}" if "over" in claim else name


def _metric_names(claim: Mapping[str, Any]) -> list[str]:
    return [claim[key] for key in ("metric", *COMPARED_WITH) if key in claim]


def _accepted(claim: Mapping[str, Any]) -> tuple[float | None, float | None] | None:
    """Return the accepted range, None at an open end."""
    if "within" in claim:
        low, high = claim["within"]
        return low, high
    if "above" in claim:
        return claim["above"], None
    return (None, claim["below"]) if "below" in claim else None


# ---- our number


def _measure(claim: Mapping[str, Any], metrics: _Metrics) -> _Measured | None:
    """Return our number, or None if a metric was not recorded or could not be computed."""
    entries = [metrics.get(name, {}) for name in _metric_names(claim)]
    if not entries or any(entry.get("value") is None for entry in entries):
        return None
    sources = frozenset(s for entry in entries for s in (entry.get("source") or "").split("+"))
    has_interval = all(_has_interval(entry) for entry in entries)
    estimates = [_estimate(entry) for entry in entries]
    estimate = estimates[0]
    if "minus" in claim:
        estimate = difference(*estimates)
    elif "over" in claim:
        estimate = ratio(*estimates)
    return _Measured(estimate, has_interval, sources)


def _has_interval(entry: Mapping[str, Any]) -> bool:
    return entry.get("low") is not None or entry.get("high") is not None


def _estimate(entry: Mapping[str, Any]) -> Estimate:
    """Return a metric as an estimate; an end that is not known is open."""
    value, low, high = entry["value"], entry.get("low"), entry.get("high")
    if low is None and high is None:
        low = high = value
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    return Estimate(value, low, high, entry.get("n") or 0).with_warning(entry.get("warning") or "")


def _count(claim: Mapping[str, Any], metrics: _Metrics) -> int | None:
    """Return the smallest number of observations that a claim's metrics rest on, if known."""
    counts = [metrics.get(name, {}).get("n") for name in _metric_names(claim)]
    return min((count for count in counts if count is not None), default=None)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


# ---- the verdict


def _verdict(
    claim: Mapping[str, Any], metrics: _Metrics, measured: _Measured | None, judge_own: bool
) -> tuple[str, str]:
    """Return the word of the verdict, and the reason if it is not about the number itself."""
    if "untestable" in claim:
        return UNTESTABLE, claim["untestable"]
    if _nothing_read(metrics):
        return UNTESTABLE, "no labels could be read"
    if measured is None:
        return UNTESTABLE, _not_measured(claim, metrics)
    if "set" in claim:
        return SET, claim["set"]
    simulated = _SIMULATED in measured.sources
    if simulated and "fitted" in claim:
        return SET, claim["fitted"]
    if reason := _other_data(claim, measured.sources, judge_own) or _shortage(claim, metrics):
        return UNTESTABLE, reason
    word, reason = _compare(claim, metrics, measured)
    if word == DIFFERS:
        reason = claim.get("differs_because", "")
    return word + (IN_SIMULATION if simulated else ""), reason


def _nothing_read(metrics: _Metrics) -> bool:
    """Return whether the run recorded that it has no label at all."""
    counts = [metrics.get(f"labels_{name}", {}).get("value") for name in ("kept", "comparisons")]
    return counts[0] == 0 and not counts[1]


def _not_measured(claim: Mapping[str, Any], metrics: _Metrics) -> str:
    """Return why there is no number, in words; the field `metric` names what is missing."""
    names = _metric_names(claim)
    number = "our number" if len(names) == 1 else "one of the two numbers that it compares"
    if any(name not in metrics for name in names):
        return f"no step of this run measured {number}"
    return f"{number} could not be computed from the data of this run"


def _other_data(claim: Mapping[str, Any], sources: frozenset[str], judge_own: bool) -> str:
    """Return why data from these sources are not compared with the paper; empty if they are."""
    if _SIMULATED in sources:
        return ""
    if sources & _OWN and not judge_own:
        return "own data are not compared with the paper unless judge_own is true"
    if not sources <= _PUBLISHED | _OWN:
        return "where its data come from was not recorded"
    if claim.get("census") and sources not in _EXACT:
        return "it counts the paper's own data set, and these are other data"
    return ""


def _shortage(claim: Mapping[str, Any], metrics: _Metrics) -> str:
    """Return which counts that a claim needs are too small or unknown, in words."""
    shortages = []
    for name, need in claim.get("needs", {}).items():
        required, _, unit = need.partition(" ")
        count = metrics.get(name, {}).get("value")
        if count is None or count < int(required):
            have = "an unknown number" if count is None else format_number(count)
            shortages.append(f"{have} of {format_number(int(required))} {unit}")
    return f"this run has {' and '.join(shortages)}" if shortages else ""


def _compare(claim: Mapping[str, Any], metrics: _Metrics, measured: _Measured) -> tuple[str, str]:
    """Return matches, differs or undecided, and why it is undecided."""
    estimate = measured.estimate
    inside, outside = _sides(claim, estimate.low, estimate.high)
    if claim.get("census"):
        return (MATCHES if inside else DIFFERS), ""
    if not measured.has_interval:
        return UNDECIDED, "our number has no interval"
    if estimate.warning:
        return UNDECIDED, estimate.warning
    count = _count(claim, metrics)
    if count is not None and count < FEW_CLUSTERS:
        return UNDECIDED, f"our number rests on {count} observations, fewer than {FEW_CLUSTERS}"
    if math.isinf(estimate.low) and math.isinf(estimate.high):
        return UNDECIDED, "any number is possible: what ours is divided by may be 0"
    if estimate.low == estimate.high:
        return UNDECIDED, "our interval has no width, as where all observations are the same"
    if inside or outside:
        return (MATCHES if inside else DIFFERS), ""
    place = "in" if _sides(claim, estimate.value, estimate.value)[0] else "outside"
    where = "outside" if place == "in" else "inside"
    return UNDECIDED, f"our number is {place} the accepted range, but its interval goes {where}"


def _sides(claim: Mapping[str, Any], low: float, high: float) -> tuple[bool, bool]:
    """Return whether all of an interval is in the accepted range, and whether none of it is."""
    if "within" in claim:
        least, most = claim["within"]
        return least <= low and high <= most, high < least or low > most
    if "above" in claim:
        return low > claim["above"], high <= claim["above"]
    return high < claim["below"], low >= claim["below"]
