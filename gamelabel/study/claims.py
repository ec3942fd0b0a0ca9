"""The paper's claims against this run: `data/claims.yaml` -> one verdict a claim.

A claim holds an accepted range, which its wording decides. Where we have an interval, a claim of a value is met when
the two overlap; a claim of a direction ("raises") only when the whole interval lies beyond. What rests on simulated
data is `consistent in simulation` at best, never `matches`. A run smaller than a claim `needs` does not test it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

REAL = {"game", "released", "crowd"}  # sources that can match a paper
MATCHES, DIFFERS = "matches", "differs"
CONSISTENT, INCONSISTENT = "consistent in simulation", "inconsistent in simulation"
UNTESTABLE = "not testable here"

Metrics = Mapping[str, Mapping[str, Any]]
_TESTS = ("within", "above", "below", "like")
_FIELDS = {"id", "section", "description", "expected", *_TESTS, "metric", "needs", "untestable"}


def load(path: Path) -> list[dict[str, Any]]:
    """The claims of a file, each with its paper. Raises ValueError for one that is not well formed, by its id."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    claims = [{"paper": content["paper"], **claim} for claim in content["claims"]]
    seen: set[str] = set()
    for claim in claims:
        name = claim.get("id", "?")
        tests = [test for test in _TESTS if test in claim]
        unknown = set(claim) - _FIELDS - {"paper"}
        if name in seen or unknown or not {"id", "section", "description"} <= set(claim):
            raise ValueError(
                f"{path}, claim {name}: twice, without a section or description, or with {unknown or ''}"
            )
        if ("untestable" in claim) == ("metric" in claim) or (
            "metric" in claim and len(tests) != 1
        ):
            raise ValueError(
                f"{path}, claim {name}: give a metric and one of {', '.join(_TESTS)}, or say untestable"
            )
        if bad := [
            words
            for words in claim.get("needs", {}).values()
            if not re.fullmatch(r"\d+ \w.*", str(words))
        ]:
            raise ValueError(
                f"{path}, claim {name}: needs {bad[0]!r}, which is not of the form `188 players`"
            )
        seen.add(name)
    return claims


def judge(claims: Sequence[Mapping[str, Any]], metrics: Metrics) -> list[dict[str, Any]]:
    """Every claim with what this run measured and the verdict, in the fields of `claims.json`."""
    return [_judge(claim, metrics) for claim in claims]


def _judge(claim: Mapping[str, Any], metrics: Metrics) -> dict[str, Any]:
    ours = metrics.get(claim.get("metric", ""), {})
    accepted, whole, reason = _accepted(claim, metrics)
    value, low, high = (ours.get(key) for key in ("value", "low", "high"))
    if "untestable" in claim:
        reason = claim["untestable"]
    elif not ours:
        reason = f"no step of this run recorded {claim['metric']}"
    elif value is None:
        reason = f"{claim['metric']} could not be computed"
    elif short := _short(claim, metrics):
        reason = f"this run has {short}"
    source = ours.get("source", "")
    expected = claim.get("expected")
    if expected is None and "like" in claim:
        expected = metrics.get(claim["like"], {}).get("value")
    return {
        "id": claim["id"],
        "paper": claim["paper"],
        "section": str(claim["section"]),
        "description": claim["description"],
        "expected": expected,
        "tolerance": accepted,
        "ours": value,
        "low": low,
        "high": high,
        "label_source": source,
        "verdict": f"{UNTESTABLE}: {reason}"
        if reason
        else _verdict(value, low, high, accepted, whole, source),
        "notebook": f"notebooks/{ours['notebook']}.html#cell-{ours['cell']}" if ours else None,
    }


def _accepted(
    claim: Mapping[str, Any], metrics: Metrics
) -> tuple[list[float | None] | None, bool, str]:
    """The accepted range (none: open), whether the whole interval must lie in it, and why it cannot be said."""
    if "within" in claim:
        return list(claim["within"]), False, ""
    for test in ("above", "below"):
        if test in claim:
            bound, reason = _bound(claim[test], metrics)
            if reason:
                return None, True, reason
            return ([bound, None] if test == "above" else [None, bound]), True, ""
    if "like" in claim:
        other = metrics.get(claim["like"], {})
        if other.get("value") is None:
            return None, False, f"no step of this run recorded {claim['like']}"
        ends = [other["value"] if other.get(end) is None else other[end] for end in ("low", "high")]
        return ends, False, ""
    return None, False, ""


def _short(claim: Mapping[str, Any], metrics: Metrics) -> str:
    """Of which counts that a claim needs the run has fewer, in words; empty where it has enough.

    A count speaks for the claim only where both come from the same source: how many pictures were drawn says nothing
    about labels that were released. One that no step recorded is not held against it.
    """
    ours, fewer = metrics[claim["metric"]], []
    for name, words in claim.get("needs", {}).items():
        least, _, what = words.partition(" ")
        have = metrics.get(name, {})
        if (
            have.get("value") is not None
            and have["source"] == ours["source"]
            and have["value"] < int(least)
        ):
            fewer.append(f"{number(have['value'])} of {number(int(least))} {what}")
    return " and ".join(fewer)


def _bound(bound: float | str, metrics: Metrics) -> tuple[float | None, str]:
    """A bound that is a number, or the value of another metric."""
    if not isinstance(bound, str):
        return bound, ""
    value = metrics.get(bound, {}).get("value")
    return value, "" if value is not None else f"no step of this run recorded {bound}"


def _verdict(
    value: Any,
    low: float | None,
    high: float | None,
    accepted: list[float | None] | None,
    whole: bool,
    source: str,
) -> str:
    low, high = (value if end is None else end for end in (low, high))
    least, most = (accepted or [None, None])[0], (accepted or [None, None])[1]
    least = -math.inf if least is None else least
    most = math.inf if most is None else most
    met = least < low and high < most if whole else low <= most and high >= least
    real = bool(source) and set(source.split("+")) <= REAL
    return (MATCHES if met else DIFFERS) if real else (CONSISTENT if met else INCONSISTENT)


def summary(judged: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many claims got each verdict, in the order in which a reader asks."""
    order = (MATCHES, DIFFERS, CONSISTENT, INCONSISTENT, UNTESTABLE)
    found = [claim["verdict"].partition(":")[0] for claim in judged]
    return {verdict: found.count(verdict) for verdict in order}


def table(judged: Sequence[Mapping[str, Any]]) -> str:
    """The claims as lines of text for a terminal."""
    rows = [("claim", "paper", "ours", "verdict")]
    for claim in judged:
        interval = (
            f" [{number(claim['low'])}, {number(claim['high'])}]"
            if claim["low"] is not None
            else ""
        )
        rows.append((claim["id"], paper(claim), number(claim["ours"]) + interval, claim["verdict"]))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    return "\n".join(
        "  ".join([*(row[k].ljust(widths[k]) for k in range(3)), row[3]]).rstrip() for row in rows
    )


def paper(claim: Mapping[str, Any]) -> str:
    """What the paper says, short: its value, else the direction."""
    if claim["expected"] is not None:
        return number(claim["expected"])
    low, high = claim["tolerance"] or (None, None)
    return (
        f"over {number(low)}"
        if low is not None
        else f"under {number(high)}"
        if high is not None
        else "-"
    )


def number(value: float | str | None) -> str:
    """A number as a reader wants it: thousands apart, three digits after the point at most; - for none."""
    if value is None or isinstance(value, str):
        return value or "-"
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 10):
        return f"{int(value):,}"
    return (
        f"{value:,.1f}"
        if abs(value) >= 100
        else f"{value:.3g}"
        if abs(value) < 0.001
        else f"{value:.3f}"
    )


def dump(judged: Sequence[Mapping[str, Any]]) -> str:
    """The text of `claims.json`."""
    return json.dumps(judged, indent=1, ensure_ascii=False) + "\n"
