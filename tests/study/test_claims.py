from pathlib import Path
from typing import Any

import pytest
import yaml

from gamelabel.study.claims import (
    claims_text,
    count_verdicts,
    format_interval,
    format_number,
    judge,
    load_claims,
    paper_value,
)

CLAIMS = Path(__file__).parents[2] / "data" / "claims.yaml"
KNOWN = """\
prompts_total prompts_kept prompts_share_kept prompts_share_kept_whole_word
prompts_share_kept_substring images_points images_per_prompt labels_annotations labels_comparisons
labels_kept labels_points labels_multi_labelled labels_players labels_per_player_mean
labels_per_player_sd labels_top16_share labels_busiest labels_adherent_chosen
reliability_accuracy_mean reliability_accuracy_weighted reliability_alpha reliability_cost_usd
batch_size tuning_samples tuning_adherence_base tuning_adherence_preferred tuning_adherence_control
tuning_adherence_change tuning_selection_gain_published tuning_quality_change_preferred
tuning_quality_change_control reward_prompts reward_accuracy_model reward_accuracy_blip
reward_accuracy_aesthetic reward_annotators_agree reward_recall1_model reward_recall2_model
reward_recall4_model reward_spearman_model reward_filter1_model reward_filter2_model
reward_filter4_model preference_samples preference_dpo_over_supervised preference_win_players_refl
preference_win_players_dataset_filtering preference_win_players_reward_weighted
preference_win_players_raft_2 preference_win_players_raft_3 rounds_samples"""


def metric(
    value: float | None, low: float | None = None, high: float | None = None, source: str = "crowd"
) -> Any:
    return {
        "value": value,
        "low": low,
        "high": high,
        "source": source,
        "notebook": "04_reliability",
        "cell": 5,
    }


def verdict(test: dict[str, Any], **metrics: Any) -> str:
    claim = {"paper": "P", "id": "c", "section": 1, "description": "d", "metric": "m", **test}
    return judge([claim], metrics)[0]["verdict"]


def test_every_claim_uses_known_metrics() -> None:
    claims = load_claims(CLAIMS)
    assert len(claims) >= 25
    assert {claim["metric"] for claim in claims if "metric" in claim} <= set(KNOWN.split())
    assert {name for claim in claims for name in claim.get("needs", {})} <= set(KNOWN.split())
    for claim in claims:
        if "within" in claim:
            low, high = claim["within"]
            assert low <= high
            assert claim["expected"] - (high - low) <= high  # "over 2,000" accepts what lies above
            assert low - (high - low) <= claim["expected"]


def test_the_papers_own_numbers_agree_with_its_claims() -> None:
    """A claim about a value accepts the paper's number, unless the paper says over or under."""
    # "over", "slightly under"
    strict = {"annotations_total", "labels_kept", "multi_labelled", "busiest_player"}
    for claim in load_claims(CLAIMS):
        if "within" in claim:
            got = verdict(claim, **{claim["metric"]: metric(claim["expected"])})
            assert got == ("differs" if claim["id"] in strict else "matches"), claim["id"]


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (metric(5.0), "matches"),
        (metric(6.0), "matches"),
        (metric(6.1), "differs"),
        (metric(7.0, 5.9, 8.0), "matches"),
        (metric(7.0, 6.1, 8.0), "differs"),
    ],
)
def test_a_value_is_met_if_the_interval_overlaps(measured: Any, expected: str) -> None:
    assert verdict({"within": [4, 6]}, m=measured) == expected


@pytest.mark.parametrize(
    ("test", "measured", "expected"),
    [
        ({"above": 0}, metric(0.1, 0.05, 0.2), "matches"),
        ({"above": 0}, metric(0.1, -0.01, 0.2), "differs"),
        ({"above": 0}, metric(0.0), "differs"),
        ({"below": 0}, metric(-0.1, -0.2, -0.01), "matches"),
        ({"above": "other"}, metric(0.6, 0.55, 0.7), "matches"),
        ({"above": "other"}, metric(0.6, 0.45, 0.7), "differs"),
        ({"like": "other"}, metric(0.7, 0.55, 0.9), "matches"),
        ({"like": "other"}, metric(0.9, 0.7, 0.95), "differs"),
    ],
)
def test_a_direction_needs_the_whole_interval(
    test: dict[str, Any], measured: Any, expected: str
) -> None:
    assert verdict(test, m=measured, other=metric(0.5, 0.4, 0.6)) == expected


@pytest.mark.parametrize("source", ["simulated", "crowd+simulated", "", "unknown"])
def test_simulated_data_never_match(source: str) -> None:
    assert verdict({"within": [4, 6]}, m=metric(5, source=source)) == "consistent in simulation"
    assert verdict({"within": [4, 6]}, m=metric(7, source=source)) == "inconsistent in simulation"


def test_an_untested_claim_has_a_reason() -> None:
    assert verdict({"within": [4, 6]}) == "not testable here: no step of this run recorded m"
    assert (
        verdict({"within": [4, 6]}, m=metric(None)) == "not testable here: m could not be computed"
    )
    assert (
        verdict({"above": "other"}, m=metric(1))
        == "not testable here: no step of this run recorded other"
    )
    judged = judge(
        [{"paper": "P", "id": "c", "section": 1, "description": "d", "untestable": "no people"}], {}
    )
    assert judged[0]["verdict"] == "not testable here: no people"


NEEDS = {"within": [4, 6], "needs": {"players": "188 players", "points": "6800 points"}}


@pytest.mark.parametrize(
    ("players", "points", "expected"),
    [
        (metric(188), metric(6800), "differs"),
        (metric(200), metric(7000), "differs"),
        (metric(20), metric(6800), "not testable here: this run has 20 of 188 players"),
        (
            metric(20),
            metric(60),
            "not testable here: this run has 20 of 188 players and 60 of 6,800 points",
        ),
        # a count from another source says nothing about this claim
        (metric(188), metric(60, source="simulated"), "differs"),
        (metric(None), metric(6800), "differs"),  # released labels name no players
    ],
)
def test_a_run_too_small_for_a_claim_does_not_test_it(
    players: Any, points: Any, expected: str
) -> None:
    assert verdict(NEEDS, m=metric(7), players=players, points=points) == expected
    assert verdict(NEEDS, m=metric(7)) == "differs"


def test_an_untested_claim_still_has_our_number() -> None:
    claim = {"paper": "P", "id": "c", "section": 1, "description": "d", "metric": "m", **NEEDS}
    assert judge([claim], {"m": metric(7), "players": metric(20)})[0]["ours"] == 7


def test_the_fields_that_other_programs_read() -> None:
    claim = {"paper": "P", "id": "c", "section": 3.2, "description": "d", "metric": "m"}
    judged = judge([{**claim, "within": [4, 6]}], {"m": metric(5, 4, 7)})
    expected = {"id": "c", "paper": "P", "section": "3.2", "description": "d", "expected": None}
    expected |= {"tolerance": [4, 6], "ours": 5, "low": 4, "high": 7, "label_source": "crowd"}
    expected |= {"verdict": "matches", "notebook": "notebooks/04_reliability.html#cell-5"}
    assert judged == [expected]
    assert count_verdicts(judged)["matches"] == 1
    assert "matches" in claims_text(judged)


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
    ],
)
def test_a_claim_that_is_not_well_formed(tmp_path: Path, change: dict[str, Any]) -> None:
    assert load_claims(write_claims(tmp_path, WELL_FORMED))
    kept = {key: value for key, value in {**WELL_FORMED, **change}.items() if value is not None}
    with pytest.raises(ValueError, match="claim c: "):
        load_claims(write_claims(tmp_path, kept))


def test_two_claims_with_one_id(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="claim c: its id is used twice"):
        load_claims(write_claims(tmp_path, WELL_FORMED, WELL_FORMED))


@pytest.mark.parametrize(
    ("expected", "tolerance", "text"),
    [
        (188, [188, 188], "188"),
        (None, [5, None], "over 5"),
        (None, [None, 0.5], "under 0.500"),
        (None, None, "-"),
    ],
)
def test_the_papers_statements_in_words(expected: Any, tolerance: Any, text: str) -> None:
    assert paper_value({"expected": expected, "tolerance": tolerance}) == text


def test_the_interval_is_in_brackets() -> None:
    assert format_interval(metric(1, 0.5, 2000)) == "[0.500, 2,000]"
    assert format_interval(metric(1)) == ""


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
