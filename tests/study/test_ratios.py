"""Claims on one axis: ratios of values to the paper's, and margins of directions."""

from typing import Any

import numpy as np

from gamelabel.study import ratios
from gamelabel.study.claims import load_claims
from gamelabel.study.verdicts import judge
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
        "n": 100,
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
        claim("a", paper_number=200, within=[190, 220]),
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
        "against": "accepted: 2 to 6",
    }
    assert values == [
        {"id": "a", "paper": "P", "verdict": "differs in simulation", **a},
        {"id": "b", "paper": "P", "verdict": "undecided in simulation", **b},
    ]


def test_a_claim_about_a_ratio_stays_as_it_is() -> None:
    alike = claim("a", within=[0.667, 1.5], over="b")
    ((row,), _) = rows([alike], a=metric(-3, -4, -2), b=metric(-4, -5, -3))
    assert (row["value"], row["least"], row["most"]) == (0.75, 0.667, 1.5)


def test_directions_are_margins_on_the_papers_side() -> None:
    claims = [
        claim("a", above=0),
        claim("b", below=0),
        claim("c", above=0, minus="a"),
        claim("d", above=3),
        claim("e", within=[-1, 1]),
    ]
    _, margins = rows(
        claims, a=metric(4, 2, 6), b=metric(-1, -4, 2), c=metric(1, 1, 1), d=metric(5), e=metric(4)
    )
    expected = [(2, 1, 3), (1 / 3, -2 / 3, 4 / 3), (-1.5, -2.5, -0.5), (1, 1, 1)]
    assert np.allclose([(row["value"], row["low"], row["high"]) for row in margins], expected)
    words = ("matches", "undecided", "differs", "undecided")  # the last has no interval
    assert [row["verdict"] for row in margins] == [f"{word} in simulation" for word in words]
    assert [row["against"] for row in margins] == [
        f"accepted: {words}" for words in ("over 0", "under 0", "over 0", "over 3")
    ]


def test_what_was_not_tested_is_not_drawn() -> None:
    claims = [
        claim("a", within=[1, 2]),
        claim("b", within=[1, 2]),
        claim("c", above=0, minus="gone"),
        claim("d", within=[1, 2], needs={"c": "188 players"}),
        claim("e", within=[1, 2], set="a parameter"),
        claim("f", above=0, fitted="tuned to it"),
    ]
    number = metric(1, 0.5, 1.5)
    assert rows(claims, b=metric(None), c=number, d=number, e=number, f=number) == ([], [])


def test_the_papers_own_claims_all_have_a_place() -> None:
    claims = load_claims(ROOT / "data/claims")
    names = {
        claim[key] for claim in claims for key in ("metric", "minus", "over") if key in claim
    } | {name for claim in claims for name in claim.get("needs", {})}
    measured = {name: metric(2e5, 1e5, 3e5) for name in names}  # more than any claim needs
    quality = ("tuning_quality_change_preferred", "tuning_quality_change_control")
    measured |= {name: metric(-3, -4, -2) for name in quality}  # one claim presumes a loss
    values, directions = rows(claims, **measured)
    drawn = [row["id"] for row in [*values, *directions]]
    no_evidence = {"untestable", "set", "fitted"}
    possible = [c for c in claims if not no_evidence & set(c) and c.get("within") != [0, 0]]
    assert sorted(drawn) == sorted(c["id"] for c in possible)  # nothing has a ratio to zero
