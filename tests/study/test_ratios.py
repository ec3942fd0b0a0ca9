"""Claims on one axis: ratios of values to the paper's, and margins of directions."""

from typing import Any

import numpy as np

from gamelabel.study import ratios
from gamelabel.study.claims import judge, load_claims
from tests.study.conftest import ROOT


def claim(name: str, **test: Any) -> dict[str, Any]:
    return {"paper": "P", "id": name, "section": 1, "description": "d", "metric": name, **test}


def metric(
    value: float | None, low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    return {
        "value": value,
        "low": low,
        "high": high,
        "source": "simulated",
        "notebook": "03_labels",
        "cell": 3,
    }


def rows(
    claims: list[dict[str, Any]], **metrics: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    judged = judge(claims, metrics)
    return ratios.value_ratios(claims, judged), ratios.direction_margins(claims, judged)


def test_values_are_ratios_to_the_papers_number() -> None:
    claims = [
        claim("a", expected=200, within=[190, 220]),
        claim("b", within=[2, 6]),
        claim("c", within=[-1, 1]),
    ]
    values, directions = rows(claims, a=metric(100, 90, 110), b=metric(5), c=metric(0))
    assert not directions
    a = {
        "value": 0.5,
        "low": 0.45,
        "high": 0.55,
        "least": 0.95,
        "most": 1.1,
        "ours": "100",
        "against": "paper: 200",
    }
    b = {
        "value": 1.25,
        "low": 1.25,
        "high": 1.25,
        "least": 0.5,
        "most": 1.5,
        "ours": "5",
        "against": "paper: 2 to 6",
    }
    assert values == [
        {"id": "a", "verdict": "inconsistent in simulation", **a},
        {"id": "b", "verdict": "consistent in simulation", **b},
    ]


def test_directions_are_margins_on_the_papers_side() -> None:
    claims = [
        claim("a", above=0),
        claim("b", below=0),
        claim("c", above="a"),
        claim("d", above=3),
        claim("e", like="a"),
    ]
    _, margins = rows(
        claims, a=metric(4, 2, 6), b=metric(-1, -4, 2), c=metric(1, 0, 2), d=metric(5), e=metric(4)
    )
    expected = [(2, 1, 3), (1 / 3, -2 / 3, 4 / 3), (-3, -4, -2), (1, 1, 1)]
    assert np.allclose([(row["value"], row["low"], row["high"]) for row in margins], expected)
    met = [row["verdict"] == "consistent in simulation" for row in margins]
    assert met == [row["low"] > 0 for row in margins]
    assert [row["against"] for row in margins] == [
        f"claim: {words}" for words in ("over 0", "under 0", "over 4", "over 3")
    ]


def test_what_was_not_tested_is_not_drawn() -> None:
    small = claim("d", within=[1, 2], needs={"c": "188 players"})
    claims = [claim("a", within=[1, 2]), claim("b", within=[1, 2]), claim("c", above="gone"), small]
    assert rows(claims, b=metric(None), c=metric(1), d=metric(1)) == ([], [])


def test_the_papers_own_claims_all_have_a_place() -> None:
    claims = load_claims(ROOT / "data/claims.yaml")
    names = {
        claim[key]
        for claim in claims
        for key in ("metric", "above", "below", "like")
        if isinstance(claim.get(key), str)
    }
    measured = {name: metric(2e5, 1e5, 3e5) for name in names}  # more than any claim needs
    values, directions = rows(claims, **measured)
    alike = sum("like" in claim for claim in claims)
    assert len(values) + len(directions) + alike == sum("metric" in claim for claim in claims)
