"""The claims of the papers: read from `data/claims/<paper>.yaml`, counted, and shown as text.

`gamelabel.study.verdicts` compares them with a run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

MATCHES, DIFFERS, UNDECIDED = "matches", "differs", "undecided"
SET, UNTESTABLE = "set", "not testable here"
IN_SIMULATION = " in simulation"
_COMPARED = (MATCHES, DIFFERS, UNDECIDED)
VERDICTS = (*_COMPARED, *(word + IN_SIMULATION for word in _COMPARED), SET, UNTESTABLE)

_FIRST_CHAPTER = "pairs"
_TESTS = ("within", "above", "below")
COMPARED_WITH = ("minus", "over")  # fields that name the metric the first one is compared with
_REQUIRED = {"id", "section", "description"}
_FIELDS = {*_REQUIRED, *_TESTS, *COMPARED_WITH}
_FIELDS |= {"paper_number", "metric", "needs", "untestable", "set", "fitted", "census", "presumes"}
_FIELDS |= {"differs_because"}


def load_claims(path: Path, chapters: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the claims of a file, or of all YAML files in a folder, each with its paper.

    Parameters
    ----------
    path : Path
        The file or folder.
    chapters : collection of str
        The chapters of the study whose papers are read; all of them by default. A file without
        `chapter` belongs to "pairs".

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If a claim is not well formed; the message has its id.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    claims: list[dict[str, Any]] = []
    names: set[str] = set()
    for file in files:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        for claim in content["claims"]:
            name = claim.get("id", "?")
            if problem := "its id is used twice" if name in names else _problem(claim, names):
                raise ValueError(f"{file}, claim {name}: {problem}")
            names.add(name)
            if not chapters or content.get("chapter", _FIRST_CHAPTER) in chapters:
                claims.append({"paper": content["paper"], **claim})
    return claims


def _problem(claim: Mapping[str, Any], earlier: Collection[str]) -> str:
    """Return what is wrong with a claim; empty if it is well formed."""
    if missing := _REQUIRED - set(claim):
        return f"{', '.join(sorted(missing))} missing"
    if unknown := set(claim) - _FIELDS:
        return f"unknown field {', '.join(sorted(unknown))}"
    tests = [test for test in _TESTS if test in claim]
    if ("untestable" in claim) == ("metric" in claim) or ("metric" in claim and len(tests) != 1):
        return f"give a metric and one of {', '.join(_TESTS)}, or `untestable`"
    if any(isinstance(claim.get(test), str) for test in _TESTS):
        return f"{tests[0]} is a number or a range; another metric is named by `minus` or `over`"
    if all(second in claim for second in COMPARED_WITH):
        return f"give one of {' and '.join(COMPARED_WITH)}, not both"
    if claim.get("presumes", "") not in {"", *earlier}:
        return f"it presumes {claim['presumes']!r}, which is not the id of an earlier claim"
    for need in claim.get("needs", {}).values():
        if not re.fullmatch(r"\d+ \w.*", str(need)):
            return f"needs {need!r}, which does not have the form `188 players`"
    return ""


def count_verdicts(judged: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of claims with each verdict, for all of `VERDICTS`."""
    words = [claim["verdict"].partition(":")[0] for claim in judged]
    return {verdict: words.count(verdict) for verdict in VERDICTS}


def count_by_paper(judged: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the number of claims with each verdict, by paper."""
    papers = dict.fromkeys(claim["paper"] for claim in judged)
    of_paper = {paper: [c for c in judged if c["paper"] == paper] for paper in papers}
    return {paper: count_verdicts(claims) for paper, claims in of_paper.items()}


def counts_text(judged: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each paper: how many of its claims have which verdict."""
    lines = []
    for paper, counts in count_by_paper(judged).items():
        parts = [f"{count} {verdict}" for verdict, count in counts.items() if count]
        lines.append(f"{sum(counts.values())} claims of {paper}: {', '.join(parts)}")
    return lines


def claim_rows(judged: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return a row for each claim, as texts: the paper's number, accepted, ours, the verdict."""
    return [
        {
            "claim": claim["id"],
            "the paper": paper_text(claim),
            "accepted": accepted_text(claim),
            "ours": ours_text(claim),
            "verdict": verdict_text(claim),
        }
        for claim in judged
    ]


def claims_text(judged: Sequence[Mapping[str, Any]]) -> str:
    """Return the claims as tables for a terminal, one for each paper."""
    blocks = []
    for paper, line in zip(count_by_paper(judged), counts_text(judged), strict=True):
        rows = claim_rows([claim for claim in judged if claim["paper"] == paper])
        cells = [list(rows[0]), *(list(row.values()) for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        blocks.append("\n".join([line, "", *(_line(row, widths) for row in cells)]))
    return "\n\n".join(blocks)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return "  ".join(padded).rstrip()


def verdict_text(claim: Mapping[str, Any]) -> str:
    """Return the verdict with its reason."""
    word = claim["verdict"].partition(":")[0]
    return f"{word}: {claim['reason']}" if claim["reason"] else word


def paper_text(claim: Mapping[str, Any]) -> str:
    """Return the paper's number; "-" if it gives none."""
    return format_number(claim["paper_number"])


def accepted_text(claim: Mapping[str, Any]) -> str:
    """Return the accepted range in words; "-" for a claim that is not tested."""
    low, high = claim["accepted"] or (None, None)
    if low is None:
        return "-" if high is None else f"under {format_number(high)}"
    if high is None:
        return f"over {format_number(low)}"
    return format_number(low) if low == high else f"{format_number(low)} to {format_number(high)}"


def ours_text(claim: Mapping[str, Any]) -> str:
    """Return our number with its interval; "-" if there is none."""
    return f"{format_number(claim['ours'])} {format_interval(claim)}".rstrip()


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
    if entry["low"] is None and entry["high"] is None:
        return ""
    low, high = (entry[end] for end in ("low", "high"))
    return f"[{_end(low)}, {_end(high)}]"


def _end(value: float | None) -> str:
    return "..." if value is None else format_number(value)
