from pathlib import Path
from typing import Any

import pytest
import yaml

from gamelabel.study.claims import (
    SET,
    UNTESTABLE,
    VERDICTS,
    accepted_text,
    claim_rows,
    claims_text,
    count_by_paper,
    count_verdicts,
    counts_text,
    format_interval,
    format_number,
    load_claims,
    ours_text,
    paper_text,
)
from tests.study.conftest import ROOT

CLAIMS = ROOT / "data" / "claims"


def judged(name: str, verdict: str, paper: str = "P", **values: Any) -> dict[str, Any]:
    """Return a judged claim as in `claims.json`, as far as its texts need it."""
    _, _, reason = verdict.partition(": ")
    claim = {"id": name, "paper": paper, "verdict": verdict, "reason": reason}
    claim |= {"paper_number": None, "accepted": None, "ours": None, "low": None, "high": None}
    return claim | values


def test_the_shipped_claims_by_paper() -> None:
    claims = load_claims(CLAIMS, {"pairs"})
    papers = [claim["paper"] for claim in claims]
    assert {paper: papers.count(paper) for paper in papers} == {
        "GameLabel-10K": 40,
        "ImageReward": 24,
    }
    of_paper = [claim for claim in claims if claim["paper"] == "ImageReward"]
    assert load_claims(CLAIMS / "imagereward.yaml") == of_paper
    of_play = load_claims(CLAIMS, {"play"})
    assert {claim["paper"] for claim in of_play} == {"CrowdPlay"}
    exact = [claim for claim in of_play if claim.get("census")]
    assert all(claim["metric"].startswith("crowdplay_") for claim in exact)


def test_the_accepted_range_of_a_shipped_claim_is_at_the_papers_number() -> None:
    for claim in load_claims(CLAIMS):
        number = claim.get("paper_number")
        if "within" in claim:
            low, high = claim["within"]
            assert low <= high
            if number is not None:  # "over 2,000" accepts what lies above it
                assert low - (high - low) <= number <= high + (high - low), claim["id"]
        elif number is not None and "metric" in claim:
            bound = claim.get("above", claim.get("below"))
            assert (number > bound) == ("above" in claim), claim["id"]


def test_claims_are_read_by_chapter(tmp_path: Path) -> None:
    write_claims(tmp_path, WELL_FORMED).rename(tmp_path / "a.yaml")
    other = {"paper": "Q", "chapter": "play", "claims": [WELL_FORMED | {"id": "d"}]}
    (tmp_path / "b.yaml").write_text(yaml.safe_dump(other))
    papers = {
        chapters: [claim["paper"] for claim in load_claims(tmp_path, chapters)]
        for chapters in ((), ("pairs",), ("play",), ("pairs", "play"), ("other",))
    }
    assert list(papers.values()) == [["P", "Q"], ["P"], ["Q"], ["P", "Q"], []]


def test_every_count_of_the_data_set_is_fitted_in_a_simulation() -> None:
    """A number that has no sampling error is exact for the release, and no evidence elsewhere."""
    census = [claim for claim in load_claims(CLAIMS, {"pairs"}) if claim.get("census")]
    census = [claim for claim in census if "_printed_" not in claim["metric"]]
    assert len(census) == 11
    assert all("fitted" in claim and "within" in claim for claim in census)


def test_verdicts_are_counted_by_paper() -> None:
    claims = [
        judged("a", "matches"),
        judged("b", "undecided"),
        judged("c", "matches in simulation", "Q"),
        judged("d", "not testable here: no people", "Q"),
        judged("e", "set", "Q"),
    ]
    counts = count_by_paper(claims)
    assert list(counts) == ["P", "Q"]
    assert all(tuple(of_paper) == VERDICTS for of_paper in counts.values())
    assert {name: n for name, n in counts["Q"].items() if n} == {
        "matches in simulation": 1,
        SET: 1,
        UNTESTABLE: 1,
    }
    assert count_verdicts(claims)["matches"] == 1
    assert counts_text(claims) == [
        "2 claims of P: 1 matches, 1 undecided",
        "3 claims of Q: 1 matches in simulation, 1 set, 1 not testable here",
    ]


def test_the_papers_number_the_range_and_ours_have_columns_of_their_own() -> None:
    claim = judged("a", "differs", paper_number=188, accepted=[180, 200], ours=20, low=15, high=25)
    other = judged("b", "not testable here: no people", "Q", paper_number="3 weeks")
    assert claim_rows([claim]) == [
        {
            "claim": "a",
            "the paper": "188",
            "accepted": "180 to 200",
            "ours": "20 [15, 25]",
            "verdict": "differs",
        }
    ]
    assert claims_text([claim, other]).splitlines() == [
        "1 claims of P: 1 differs",
        "",
        "claim  the paper  accepted    ours         verdict",
        "a      188        180 to 200  20 [15, 25]  differs",
        "",
        "1 claims of Q: 1 not testable here",
        "",
        "claim  the paper  accepted  ours  verdict",
        "b      3 weeks    -         -     not testable here: no people",
    ]
    assert claims_text([]) == ""


WELL_FORMED = {"id": "c", "section": 1, "description": "d", "metric": "m", "within": [1, 2]}


def write_claims(folder: Path, *claims: dict[str, Any]) -> Path:
    (folder / "c.yaml").write_text(yaml.safe_dump({"paper": "P", "claims": list(claims)}))
    return folder / "c.yaml"


@pytest.mark.parametrize(
    "change",
    [
        {"metric": None},
        {"untestable": "x"},
        {"above": 1},
        {"tolerance": 1},
        {"section": None},
        {"needs": {"m": 5}},
        {"paper": "Q"},
        {"within": None, "above": "other"},
        {"minus": "a", "over": "b"},
        {"presumes": "later"},
    ],
)
def test_a_claim_that_is_not_well_formed(tmp_path: Path, change: dict[str, Any]) -> None:
    assert load_claims(write_claims(tmp_path, WELL_FORMED))
    kept = {key: value for key, value in {**WELL_FORMED, **change}.items() if value is not None}
    with pytest.raises(ValueError, match="claim c: "):
        load_claims(write_claims(tmp_path, kept))


def test_claims_of_a_folder_have_one_id_each(tmp_path: Path) -> None:
    write_claims(tmp_path, WELL_FORMED).rename(tmp_path / "a.yaml")
    assert len(load_claims(tmp_path)) == 1
    write_claims(tmp_path, WELL_FORMED)
    with pytest.raises(ValueError, match=r"c\.yaml, claim c: its id is used twice"):
        load_claims(tmp_path)


def test_two_claims_with_one_id(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="claim c: its id is used twice"):
        load_claims(write_claims(tmp_path, WELL_FORMED, WELL_FORMED))


@pytest.mark.parametrize(
    ("accepted", "text"),
    [
        ([188, 188], "188"),
        ([180, 200.5], "180 to 200.5"),
        ([5, None], "over 5"),
        ([None, 0.5], "under 0.500"),
        (None, "-"),
    ],
)
def test_the_accepted_range_in_words(accepted: Any, text: str) -> None:
    assert accepted_text({"accepted": accepted}) == text


def test_the_papers_number_and_ours_in_words() -> None:
    assert paper_text({"paper_number": None}) == "-"
    assert paper_text({"paper_number": 16000}) == "16,000"
    assert ours_text({"ours": None, "low": None, "high": None}) == "-"


def test_the_interval_is_in_brackets() -> None:
    assert format_interval({"low": 0.5, "high": 2000}) == "[0.500, 2,000]"
    assert format_interval({"low": None, "high": 2.5}) == "[..., 2.500]"
    assert format_interval({"low": None, "high": None}) == ""


def test_how_numbers_are_shown() -> None:
    values = [None, 10.0, 9.0, 100.0, 100000, 16356.0, 0.3, 87.25, 194.04, 0.00001, "3 weeks", 0.0]
    expected = [
        "-",
        "10",
        "9.000",
        "100",
        "100,000",
        "16,356",
        "0.300",
        "87.250",
        "194.0",
        "1e-05",
        "3 weeks",
        "0",
    ]
    assert [format_number(value) for value in values] == expected
