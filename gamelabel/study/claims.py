"""Compare the paper's claims with a run: `data/claims.yaml` -> one verdict per claim.

A claim has an accepted range, which follows from its wording. If our number has an interval, a
claim about a value is met when the two overlap; a claim about a direction ("raises") only when the
whole interval is on its side. Results on simulated data are at best `consistent in simulation`,
never `matches`. A claim may need a size of the run, below which it is not tested.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

MATCHES, DIFFERS = "matches", "differs"
CONSISTENT, INCONSISTENT = "consistent in simulation", "inconsistent in simulation"
UNTESTABLE = "not testable here"

_Metrics = Mapping[str, Mapping[str, Any]]
_REAL_SOURCES = {"game", "released", "crowd"}  # the others can only be consistent
_TESTS = ("within", "above", "below", "like")
_REQUIRED = {"id", "section", "description"}
_FIELDS = {*_REQUIRED, "expected", *_TESTS, "metric", "needs", "untestable"}


class _Range(NamedTuple):
    """The accepted range (None: open), and whether the whole interval must be inside."""

    low: float | None
    high: float | None
    strict: bool


def load_claims(path: Path) -> list[dict[str, Any]]:
    """Return the claims of a file, each with its paper.

    Raises
    ------
    ValueError
        If a claim is not well formed; the message has its id.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    claims = [{"paper": content["paper"], **claim} for claim in content["claims"]]
    names: set[str] = set()
    for claim in claims:
        name = claim.get("id", "?")
        if problem := "its id is used twice" if name in names else _problem(claim):
            raise ValueError(f"{path}, claim {name}: {problem}")
        names.add(name)
    return claims


def _problem(claim: Mapping[str, Any]) -> str:
    """Return what is wrong with a claim; empty if it is well formed."""
    if missing := _REQUIRED - set(claim):
        return f"{', '.join(sorted(missing))} missing"
    if unknown := set(claim) - _FIELDS - {"paper"}:
        return f"unknown field {', '.join(sorted(unknown))}"
    tests = [test for test in _TESTS if test in claim]
    if ("untestable" in claim) == ("metric" in claim) or ("metric" in claim and len(tests) != 1):
        return f"give a metric and one of {', '.join(_TESTS)}, or `untestable`"
    for need in claim.get("needs", {}).values():
        if not re.fullmatch(r"\d+ \w.*", str(need)):
            return f"needs {need!r}, which does not have the form `188 players`"
    return ""


def judge(claims: Sequence[Mapping[str, Any]], metrics: _Metrics) -> list[dict[str, Any]]:
    """Return each claim with what the run measured and the verdict, as in `claims.json`."""
    return [_judge(claim, metrics) for claim in claims]


def _judge(claim: Mapping[str, Any], metrics: _Metrics) -> dict[str, Any]:
    ours = metrics.get(claim.get("metric", ""), {})
    reason = _untested(claim, metrics)
    accepted = None if _missing_reference(claim, metrics) else _accepted(claim, metrics)
    expected = claim.get("expected")
    if expected is None and "like" in claim:
        expected = metrics.get(claim["like"], {}).get("value")
    verdict = f"{UNTESTABLE}: {reason}"
    if not reason and accepted is not None:
        verdict = _verdict(ours, accepted)
    return {
        "id": claim["id"],
        "paper": claim["paper"],
        "section": str(claim["section"]),
        "description": claim["description"],
        "expected": expected,
        "tolerance": None if accepted is None else [accepted.low, accepted.high],
        "ours": ours.get("value"),
        "low": ours.get("low"),
        "high": ours.get("high"),
        "label_source": ours.get("source", ""),
        "verdict": verdict,
        "notebook": f"notebooks/{ours['notebook']}.html#cell-{ours['cell']}" if ours else None,
    }


def _untested(claim: Mapping[str, Any], metrics: _Metrics) -> str:
    """Return why a claim cannot be tested; empty if it can."""
    if "untestable" in claim:
        return claim["untestable"]
    name = claim["metric"]
    if name not in metrics:
        return f"no step of this run recorded {name}"
    if metrics[name].get("value") is None:
        return f"{name} could not be computed"
    if shortage := _shortage(claim, metrics):
        return f"this run has {shortage}"
    if other := _missing_reference(claim, metrics):
        return f"no step of this run recorded {other}"
    return ""


def _missing_reference(claim: Mapping[str, Any], metrics: _Metrics) -> str:
    """Return the metric that a claim is compared with and that was not recorded, if any."""
    for test in ("above", "below", "like"):
        other = claim.get(test)
        if isinstance(other, str) and metrics.get(other, {}).get("value") is None:
            return other
    return ""


def _accepted(claim: Mapping[str, Any], metrics: _Metrics) -> _Range | None:
    """Return the accepted range of a claim; a bound may be the value of another metric."""
    if "within" in claim:
        low, high = claim["within"]
        return _Range(low, high, strict=False)
    if "above" in claim:
        return _Range(_bound(claim["above"], metrics), None, strict=True)
    if "below" in claim:
        return _Range(None, _bound(claim["below"], metrics), strict=True)
    if "like" in claim:
        low, high = _interval(metrics[claim["like"]])
        return _Range(low, high, strict=False)
    return None


def _bound(bound: float | str, metrics: _Metrics) -> float:
    return metrics[bound]["value"] if isinstance(bound, str) else bound


def _interval(entry: Mapping[str, Any]) -> tuple[float, float]:
    """Return the interval of a metric; its value twice if it has none."""
    low, high = entry.get("low"), entry.get("high")
    return entry["value"] if low is None else low, entry["value"] if high is None else high


def _shortage(claim: Mapping[str, Any], metrics: _Metrics) -> str:
    """Return which counts that a claim needs are too small, in words.

    A count is compared only if it comes from the same source as the claim's metric: the number of
    images drawn says nothing about released labels. A count that no step recorded is not required.
    """
    source = metrics[claim["metric"]]["source"]
    shortages = []
    for name, need in claim.get("needs", {}).items():
        required, _, unit = need.partition(" ")
        count = metrics.get(name, {})
        if count.get("value") is None or count["source"] != source:
            continue
        if count["value"] < int(required):
            have = format_number(count["value"])
            shortages.append(f"{have} of {format_number(int(required))} {unit}")
    return " and ".join(shortages)


def _verdict(ours: Mapping[str, Any], accepted: _Range) -> str:
    low, high = _interval(ours)
    least = -math.inf if accepted.low is None else accepted.low
    most = math.inf if accepted.high is None else accepted.high
    met = low <= most and high >= least
    if accepted.strict:
        met = least < low and high < most
    source = ours.get("source", "")
    if source and set(source.split("+")) <= _REAL_SOURCES:
        return MATCHES if met else DIFFERS
    return CONSISTENT if met else INCONSISTENT


def count_verdicts(judged: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of claims with each verdict."""
    order = (MATCHES, DIFFERS, CONSISTENT, INCONSISTENT, UNTESTABLE)
    verdicts = [claim["verdict"].partition(":")[0] for claim in judged]
    return {verdict: verdicts.count(verdict) for verdict in order}


def claims_text(judged: Sequence[Mapping[str, Any]]) -> str:
    """Return the claims as a table for a terminal."""
    rows = [("claim", "paper", "ours", "verdict")]
    for claim in judged:
        ours = f"{format_number(claim['ours'])} {format_interval(claim)}".rstrip()
        rows.append((claim["id"], paper_value(claim), ours, claim["verdict"]))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[3]]).rstrip())
    return "\n".join(lines)


def paper_value(claim: Mapping[str, Any]) -> str:
    """Return what the paper says, in short: its value, or else the direction."""
    if claim["expected"] is not None:
        return format_number(claim["expected"])
    low, high = claim["tolerance"] or (None, None)
    if low is not None:
        return f"over {format_number(low)}"
    return "-" if high is None else f"under {format_number(high)}"


def format_number(value: float | str | None) -> str:
    """Return a number with thousands separated and at most three decimals; "-" for None."""
    if value is None or isinstance(value, str):
        return value or "-"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 10):
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.1f}"
    return f"{value:.3g}" if abs(value) < 0.001 else f"{value:.3f}"


def format_interval(entry: Mapping[str, Any]) -> str:
    """Return the interval of a metric or claim as text; empty if it has none."""
    if entry["low"] is None:
        return ""
    return f"[{format_number(entry['low'])}, {format_number(entry['high'])}]"
