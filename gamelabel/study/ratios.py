"""Put judged claims on one axis, for the figures that compare a run with the paper.

Values become ratios to the paper's number and directions become margins. The verdicts are those of
`gamelabel.study.verdicts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gamelabel.study.claims import SET, UNTESTABLE, accepted_text, format_number

Claims = Sequence[Mapping[str, Any]]


def value_ratios(claims: Claims, judged: Claims) -> list[dict[str, Any]]:
    """Return the tested claims about a value as ratios to the paper's number.

    A claim about a ratio stays as it is. If the paper gives no number, or 0, then 1 is the middle
    of the accepted range; a range around 0 has no ratio and is left out.

    Parameters
    ----------
    claims : sequence of mapping
        The claims, from `load_claims`.
    judged : sequence of mapping
        The same claims, from `gamelabel.study.verdicts.judge`.

    Returns
    -------
    list of dict
        id, paper, verdict, value, low, high (the value if there is no interval), least and most
        (the accepted range), and as text: ours, against.
    """
    rows = []
    for claim, result in _tested(claims, judged):
        if "within" not in claim:
            continue
        accepted, number = result["accepted"], result["paper_number"]
        has_number = bool(number) and not isinstance(number, str)
        unit = number if has_number else sum(accepted) / 2
        if "over" in claim:
            unit = 1
        if unit:
            least, most = sorted(end / unit for end in accepted)
            against = f"accepted: {accepted_text(result)}"
            if has_number:
                against = f"paper: {format_number(number)}"
            row = {"least": least, "most": most, "against": against}
            rows.append(_row(result, 0, unit) | row)
    return rows


def direction_margins(claims: Claims, judged: Claims) -> list[dict[str, Any]]:
    """Return the tested claims about a direction as margins.

    Above 0 is the paper's side, and 1 is half the width of the interval, so that a claim matches if
    its whole interval is above 0. A value without an interval is at 1, 0 or -1.

    Parameters
    ----------
    claims : sequence of mapping
        The claims, from `load_claims`.
    judged : sequence of mapping
        The same claims, from `gamelabel.study.verdicts.judge`.

    Returns
    -------
    list of dict
        Rows as in `value_ratios`, without the range.
    """
    rows = []
    for claim, result in _tested(claims, judged):
        if "above" not in claim and "below" not in claim:
            continue
        above, below = result["accepted"]
        bound, sign = (above, 1) if "above" in claim else (below, -1)
        low, high = _ends(result)
        half = (high - low) / 2 or abs(result["ours"] - bound) or 1
        row = {"against": f"accepted: {accepted_text(result)}"}
        rows.append(_row(result, bound, sign * half) | row)
    return rows


def _tested(
    claims: Claims, judged: Claims
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for claim, result in zip(claims, judged, strict=True):
        tested = result["verdict"].partition(":")[0] not in (SET, UNTESTABLE)
        if tested and result["ours"] is not None:
            yield claim, result


def _ends(result: Mapping[str, Any]) -> tuple[float, float]:
    low, high = (result["ours"] if result[end] is None else result[end] for end in ("low", "high"))
    return low, high


def _row(result: Mapping[str, Any], zero: float, unit: float) -> dict[str, Any]:
    low, high = sorted((end - zero) / unit for end in _ends(result))
    row = {key: result[key] for key in ("id", "paper", "verdict")}
    row |= {"value": (result["ours"] - zero) / unit, "low": low, "high": high}
    return {**row, "ours": format_number(result["ours"])}
