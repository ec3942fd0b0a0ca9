"""Judged claims on one axis, for figures that set this run beside the paper: values as ratios, directions as margins.

Nothing is judged here; the verdicts come from `claims`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gamelabel.study.claims import UNTESTABLE, number

Claims = Sequence[Mapping[str, Any]]


def values(claims: Claims, judged: Claims) -> list[dict[str, Any]]:
    """Claims of a value that were tested, all over the paper's number, so that 1 is the paper.

    claims: as `load` has them; judged: the same through `judge`. Where the paper gives no number, or 0, 1 is the middle
    of the accepted range (around 0 there is no ratio: such a claim is left out). A row each: id, value, low, high (the
    value where there is no interval), least and most (the accepted range), verdict, and as text: ours, against.
    """
    rows = []
    for claim, found in _tested(claims, judged):
        if "within" in claim:
            range_, stated = found["tolerance"], found["expected"]
            given = bool(stated) and not isinstance(stated, str)
            one = stated if given else sum(range_) / 2
            if one:
                least, most = sorted(end / one for end in range_)
                against = f"paper: {number(stated) if given else ' to '.join(map(number, range_))}"
                rows.append(
                    {**_row(found, 0, one), "least": least, "most": most, "against": against}
                )
    return rows


def directions(claims: Claims, judged: Claims) -> list[dict[str, Any]]:
    """Claims of a direction that were tested, as margins: above 0 is the paper's side, 1 half the interval's width.

    A claim is met where the whole interval is above 0. Rows as in `values`, without the range; a value that has no
    interval lies at 1, 0 or -1.
    """
    rows = []
    for claim, found in _tested(claims, judged):
        if "above" in claim or "below" in claim:
            above, below = found["tolerance"]
            word, bound, sign = ("over", above, 1) if "above" in claim else ("under", below, -1)
            low, high = _interval(found)
            half = (high - low) / 2 or abs(found["ours"] - bound) or 1
            rows.append(
                {**_row(found, bound, sign * half), "against": f"claim: {word} {number(bound)}"}
            )
    return rows


def _tested(claims: Claims, judged: Claims) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    pairs = zip(claims, judged, strict=True)
    return [(claim, found) for claim, found in pairs if not found["verdict"].startswith(UNTESTABLE)]


def _interval(found: Mapping[str, Any]) -> tuple[float, float]:
    low, high = (found["ours"] if found[end] is None else found[end] for end in ("low", "high"))
    return low, high


def _row(found: Mapping[str, Any], zero: float, one: float) -> dict[str, Any]:
    low, high = sorted((end - zero) / one for end in _interval(found))
    row = {"id": found["id"], "value": (found["ours"] - zero) / one, "low": low, "high": high}
    return {**row, "verdict": found["verdict"], "ours": number(found["ours"])}
