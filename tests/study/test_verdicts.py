from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamelabel.reliability.estimate import proportion
from gamelabel.study.claims import DIFFERS, MATCHES, UNDECIDED, VERDICTS, load_claims
from gamelabel.study.recording import Report, read_metrics
from gamelabel.study.verdicts import judge
from tests.study.conftest import ROOT

CLAIMS = load_claims(ROOT / "data" / "claims")
METRICS = {claim[key] for claim in CLAIMS for key in ("metric", "minus", "over") if key in claim}
METRICS |= {name for claim in CLAIMS for name in claim.get("needs", {})}


def metric(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    source: str = "released",
    **others: Any,
) -> dict[str, Any]:
    place = {"notebook": "04_reliability", "cell": 5, "n": 1000, "unit": "share", "warning": ""}
    return {"value": value, "low": low, "high": high, "source": source, **place, **others}


def judged(
    test: dict[str, Any], judge_own: bool = False, paper: str = "P", **metrics: Any
) -> dict[str, Any]:
    claim = {"paper": paper, "id": "c", "section": 3.2, "description": "d", "metric": "m", **test}
    return judge([claim], metrics, judge_own)[0]


def verdict(test: dict[str, Any], judge_own: bool = False, **metrics: Any) -> str:
    return judged(test, judge_own, **metrics)["verdict"]


# ---- less data never means more matches


@pytest.mark.parametrize(
    ("test", "low", "high", "expected"),
    [
        ({"within": [4, 6]}, 4, 6, MATCHES),
        ({"within": [4, 6]}, 3.9, 6, UNDECIDED),
        ({"within": [4, 6]}, 5, 6.1, UNDECIDED),
        ({"within": [4, 6]}, -1000, 1000, UNDECIDED),
        ({"within": [4, 6]}, 6, 8, UNDECIDED),
        ({"within": [4, 6]}, 6.1, 8, DIFFERS),
        ({"above": 0}, 0.05, 0.2, MATCHES),
        ({"above": 0}, 0, 0.2, UNDECIDED),
        ({"above": 0}, -0.1, 0, DIFFERS),
        ({"below": 0}, -0.2, -0.01, MATCHES),
        ({"below": 0}, -0.2, 0, UNDECIDED),
        ({"below": 0}, 0, 0.1, DIFFERS),
    ],
)
def test_the_whole_interval_decides(
    test: dict[str, Any], low: float, high: float, expected: str
) -> None:
    value = (low + high) / 2
    assert verdict(test, m=metric(value, low, high)) == expected
    simulated = metric(value, low, high, "simulated")
    assert verdict(test, m=simulated) == f"{expected} in simulation"
    reason = judged(test, m=simulated)["reason"]
    assert bool(reason) == (expected == UNDECIDED)


def test_why_a_claim_is_undecided() -> None:
    def reason(**entry: Any) -> str:
        result = judged({"above": 0}, m={**metric(0.1, 0.05, 0.2), **entry})
        assert result["verdict"] == UNDECIDED
        return result["reason"]

    place = "our number is {} the accepted range, but its interval goes {}"
    assert reason(low=-0.1) == place.format("in", "outside")
    assert reason(low=-0.3, value=-0.1) == place.format("outside", "inside")
    assert reason(low=None, high=None) == "our number has no interval"
    assert reason(n=4) == "our number rests on 4 observations, fewer than 5"
    assert reason(warning="2 clusters") == "2 clusters"
    assert reason(low=0.1, high=0.1).startswith("our interval has no width")


def test_what_is_known_of_the_cause_is_shown_where_a_claim_differs_and_only_there() -> None:
    test = {"above": 0, "differs_because": "the sign is wrong"}
    differing = judged(test, m=metric(-0.2, -0.3, -0.1, "simulated"))
    assert differing["verdict"] == f"{DIFFERS} in simulation"
    assert differing["reason"] == "the sign is wrong"
    assert judged(test, m=metric(0.2, 0.1, 0.3))["reason"] == ""
    assert "interval" in judged(test, m=metric(0.1, -0.1, 0.3))["reason"]


# three decimals, so that no width is lost to rounding
numbers = st.integers(-10_000, 10_000).map(lambda number: number / 1000)
widths = st.integers(0, 30_000).map(lambda number: number / 1000)
ranges = st.one_of(
    st.builds(lambda low, width: {"within": [low, low + width]}, numbers, widths),
    st.builds(lambda bound: {"above": bound}, numbers),
    st.builds(lambda bound: {"below": bound}, numbers),
)
compared = st.sampled_from([{}, {"minus": "other"}, {"over": "other"}])
entries = st.builds(
    lambda value, below, above, n: metric(value, value - below, value + above, n=n),
    numbers,
    widths,
    widths,
    st.integers(0, 50),
)


def widened(entry: dict[str, Any], below: float, above: float, fewer: int) -> dict[str, Any]:
    low, high = entry["low"] - below, entry["high"] + above
    return {**entry, "low": low, "high": high, "n": max(0, entry["n"] - fewer)}


@given(ranges, compared, entries, entries, st.tuples(widths, widths), st.tuples(widths, widths))
def test_a_wider_interval_never_turns_a_verdict_into_another_than_undecided(
    test: dict[str, Any],
    comparison: dict[str, str],
    ours: dict[str, Any],
    other: dict[str, Any],
    wider: tuple[float, float],
    other_wider: tuple[float, float],
) -> None:
    before = verdict(test | comparison, m=ours, other=other)
    less = {"m": widened(ours, *wider, 3), "other": widened(other, *other_wider, 3)}
    after = verdict(test | comparison, **less)
    if before == UNDECIDED and ours["low"] < ours["high"]:  # without width it is no interval
        assert after == UNDECIDED
    if before in (MATCHES, DIFFERS):
        assert after in (before, UNDECIDED)


@given(ranges, st.integers(0, 60), st.integers(1, 60), st.integers(1, 20), st.integers(1, 20))
def test_shrinking_a_data_set_never_turns_a_verdict_into_matches(
    test: dict[str, Any], right: int, wrong: int, times: int, more: int
) -> None:
    """The same share of a smaller number of observations, with its Wilson interval."""

    def of(k: int) -> str:
        share = proportion(k * right, k * (right + wrong))
        return verdict(test, m=metric(*share[:3], n=share.n))

    large, small = of(times + more), of(times)
    assert small in (large, UNDECIDED)


@given(ranges, entries, st.sampled_from(["interval", "count", "warning", "value"]))
def test_knowing_less_never_turns_a_verdict_into_matches(
    test: dict[str, Any], ours: dict[str, Any], lost: str
) -> None:
    losses = {
        "interval": {"low": None, "high": None},
        "count": {"n": 3},
        "warning": {"warning": "the interval rests on 2 clusters"},
        "value": {"value": None},
    }
    assert verdict(test, m={**ours, **losses[lost]}) != MATCHES


@given(st.data())
def test_a_run_that_records_less_never_has_more_matches(data: st.DataObject) -> None:
    """Whatever metrics are missing from a run in which every shipped claim matches or differs."""
    metrics = {name: metric(2e5, 1e5, 3e5, "simulated") for name in METRICS}
    kept = data.draw(st.sets(st.sampled_from(sorted(METRICS))))
    for all_of_it, part in zip(
        judge(CLAIMS, metrics),
        judge(CLAIMS, {name: metrics[name] for name in kept}),
        strict=True,
    ):
        if part["verdict"].startswith("matches"):
            assert all_of_it["verdict"] == part["verdict"]


def test_an_end_that_is_not_known_is_open() -> None:
    assert verdict({"above": 0}, m=metric(5, 1, None)) == MATCHES
    assert verdict({"above": 0}, m=metric(5, None, 7)) == UNDECIDED
    assert verdict({"within": [4, 6]}, m=metric(5, 4.5, None)) == UNDECIDED


# ---- two numbers compared


def test_a_claim_may_compare_two_numbers() -> None:
    ours, other = metric(0.65, 0.64, 0.66, n=900), metric(0.60, 0.59, 0.61, n=300)
    result = judged({"above": 0, "minus": "other"}, m=ours, other=other)
    assert result["verdict"] == MATCHES
    assert result["ours"] == pytest.approx(0.05)
    assert (result["low"], result["high"]) == pytest.approx(
        (0.05 - 2**0.5 / 100, 0.05 + 2**0.5 / 100)
    )
    assert (result["n"], result["metric"], result["unit"]) == (300, "m - other", "share")
    near = {"m": metric(0.65, 0.62, 0.68), "other": metric(0.63, 0.60, 0.66)}
    assert verdict({"above": 0, "minus": "other"}, **near) == UNDECIDED
    swapped = {"m": other, "other": ours}
    assert verdict({"above": 0, "minus": "other"}, **swapped) == DIFFERS
    assert verdict({"above": 0, "minus": "other"}, m=ours, other=metric(0.1)) == UNDECIDED
    which = "one of the two numbers that it compares"
    missing = f"not testable here: no step of this run measured {which}"
    assert verdict({"above": 0, "minus": "other"}, m=ours) == missing


def test_alike_needs_narrow_intervals() -> None:
    """Two losses with wide intervals overlap, which does not make them similar."""
    alike = {"within": [0.667, 1.5], "over": "other"}
    narrow = {"m": metric(-3.1, -3.3, -2.9), "other": metric(-3.0, -3.2, -2.8)}
    assert verdict(alike, **narrow) == MATCHES
    assert judged(alike, **narrow)["ours"] == pytest.approx(3.1 / 3)
    wide = {"m": metric(-3.1, -6, -0.1), "other": metric(-3.0, -6, -0.1)}
    assert verdict(alike, **wide) == UNDECIDED
    unknown = judged(alike, m=metric(-3.1, -6, 1), other=metric(-3.0, -6, 1))
    assert (unknown["verdict"], unknown["low"], unknown["high"]) == (UNDECIDED, None, None)
    assert "may be 0" in unknown["reason"]
    assert verdict(alike, m=metric(-9, -9.2, -8.8), other=metric(-3, -3.2, -2.8)) == DIFFERS


def test_a_loss_is_alike_only_where_there_is_a_loss() -> None:
    """If quality rises by the same in both, there is no similar degree of loss."""
    claims = [claim for claim in CLAIMS if claim["id"] in ("quality_falls", "quality_falls_alike")]
    samples = {"tuning_samples": metric(16000), "tuning_world_prompts": metric(6000)}

    def verdicts(change: float) -> list[str]:
        names = ("tuning_quality_change_preferred", "tuning_quality_change_control")
        both = {name: metric(change, change - 0.1, change + 0.1) for name in names}
        return [claim["verdict"] for claim in judge(claims, samples | both)]

    premise = "not testable here: it presumes the claim quality_falls, whose verdict is "
    assert verdicts(-3) == [MATCHES, MATCHES]
    assert verdicts(3) == [DIFFERS, premise + DIFFERS]
    assert verdicts(0.05) == [UNDECIDED, premise + UNDECIDED]


def test_a_comparison_is_simulated_if_one_side_is() -> None:
    sides = {"m": metric(5, 4, 6), "other": metric(1, 0, 2, "simulated")}
    result = judged({"above": 0, "minus": "other"}, **sides)
    assert result["verdict"] == "matches in simulation"
    assert result["label_source"] == "released+simulated"


# ---- whose data they are


@pytest.mark.parametrize("source", ["own", "crowd", "game", "crowd+released"])
def test_own_data_are_judged_only_if_asked(source: str) -> None:
    ours = metric(5, 4.5, 5.5, source)
    expected = "own data are not compared with the paper unless judge_own is true"
    assert verdict({"within": [4, 6]}, m=ours) == f"not testable here: {expected}"
    assert verdict({"within": [4, 6]}, judge_own=True, m=ours) == MATCHES


def test_seven_prompts_of_a_user_match_nothing() -> None:
    """Notebook 1 over a CSV file of seven prompts, of which the filter keeps two."""
    share = proportion(2, 7)
    metrics = {
        "prompts_total": metric(7, source="own", n=7),
        "prompts_kept": metric(2, source="own", n=7),
        "prompts_share_kept": metric(*share[:3], source="own", n=7),
    }
    for judge_own in (False, True):
        words = {c["verdict"].partition(":")[0] for c in judge(CLAIMS, metrics, judge_own)}
        assert not words & {MATCHES, DIFFERS}


@pytest.mark.parametrize("judge_own", [True, False])
def test_data_of_unknown_origin_are_not_judged(judge_own: bool) -> None:
    for source in ("", "unknown", "released+unknown"):
        got = verdict({"within": [4, 6]}, judge_own, m=metric(5, 4.5, 5.5, source))
        assert got == "not testable here: where its data come from was not recorded"


def test_only_the_release_is_counted_as_the_papers_data_set() -> None:
    census = {"within": [4, 6], "census": True}
    assert verdict(census, m=metric(5)) == MATCHES
    assert verdict(census, m=metric(7)) == DIFFERS
    assert verdict(census, m=metric(5, source="printed")) == MATCHES
    assert verdict(census, m=metric(7, source="printed")) == DIFFERS
    for source in ("published", "game", "own", "printed+released"):
        got = verdict(census, judge_own=True, m=metric(5, 4.5, 5.5, source))
        assert got == (
            "not testable here: it counts the paper's own data set, and these are other data"
        )


def test_what_is_a_parameter_or_was_fitted_is_set() -> None:
    parameter = judged({"within": [4, 6], "set": "a rule of the game"}, m=metric(5, 4.9, 5.1))
    assert (parameter["verdict"], parameter["reason"]) == ("set", "a rule of the game")
    fitted = {"within": [4, 6], "fitted": "tuned to it"}
    assert verdict(fitted, m=metric(5, 4.9, 5.1, "simulated")) == "set"
    assert verdict(fitted, m=metric(500, 499, 501, "simulated")) == "set"
    assert verdict(fitted, m=metric(5, 4.9, 5.1)) == MATCHES


def test_a_run_without_labels_has_no_verdicts() -> None:
    metrics = {name: metric(2e5, 1e5, 3e5, "simulated") for name in METRICS}
    for comparisons in (0, None):
        nothing = {"labels_kept": metric(0), "labels_comparisons": metric(comparisons)}
        for claim in judge(CLAIMS, metrics | nothing):
            assert claim["verdict"].startswith("not testable here: ")
            assert (
                claim["verdict"].endswith("no labels could be read")
                or "metric" not in claim
                or (claim["ours"] is None)
            )
    only_known = {"labels_kept": metric(0), "labels_comparisons": metric(300)}
    words = {claim["verdict"].partition(":")[0] for claim in judge(CLAIMS, metrics | only_known)}
    assert words > {"set", "matches in simulation"}


# ---- what a claim needs


def test_an_untested_claim_has_a_reason_and_still_has_our_number() -> None:
    not_measured = "not testable here: no step of this run measured our number"
    unknown = "not testable here: our number could not be computed from the data of this run"
    assert verdict({"within": [4, 6]}) == not_measured
    assert verdict({"within": [4, 6]}, m=metric(None)) == unknown
    people = {"paper": "P", "id": "c", "section": 1, "description": "d", "untestable": "no people"}
    result = judge([people], {})[0]
    assert (result["verdict"], result["reason"]) == ("not testable here: no people", "no people")
    small = judged({"within": [4, 6], "needs": {"k": "188 players"}}, m=metric(7), k=metric(20))
    assert small["verdict"] == "not testable here: this run has 20 of 188 players"
    assert small["ours"] == 7


def test_a_count_that_is_needed_must_be_known() -> None:
    needs = {"within": [4, 6], "needs": {"k": "188 players", "p": "6800 points"}}
    ours = metric(7, 6.5, 7.5)
    got = verdict(needs, m=ours, k=metric(20), p=metric(60))
    assert got == "not testable here: this run has 20 of 188 players and 60 of 6,800 points"
    got = verdict(needs, m=ours, k=metric(200))
    assert got == "not testable here: this run has an unknown number of 6,800 points"
    assert verdict(needs, m=ours, k=metric(188), p=metric(6800)) == DIFFERS


# ---- what other programs read


def test_the_fields_that_other_programs_read() -> None:
    ours = metric(5, 4, 7, n=10, warning="few clusters", unit="labels")
    assert judged({"within": [4, 6], "paper_number": 5}, paper="P", m=ours) == {
        "id": "c",
        "paper": "P",
        "section": "3.2",
        "description": "d",
        "paper_number": 5,
        "accepted": [4, 6],
        "ours": 5,
        "low": 4,
        "high": 7,
        "n": 10,
        "unit": "labels",
        "metric": "m",
        "label_source": "released",
        "verdict": "undecided",
        "reason": "few clusters",
        "warning": "few clusters",
        "notebook": "notebooks/04_reliability.html#cell-5",
    }


def test_the_warning_of_an_estimate_reaches_the_verdict(tmp_path: Any) -> None:
    report = Report(tmp_path / "run", tmp_path / "report")
    estimate = proportion(90, 100).with_warning("the interval rests on 2 clusters")
    report.record("m", estimate, source="released")
    result = judged({"above": 0.5}, m=read_metrics(tmp_path / "run")["m"])
    assert (result["verdict"], result["reason"]) == (UNDECIDED, estimate.warning)


def test_every_verdict_is_one_of_the_vocabulary() -> None:
    metrics = {name: metric(2e5, 1e5, 3e5, "simulated") for name in METRICS}
    words = {claim["verdict"].partition(":")[0] for claim in judge(CLAIMS, metrics)}
    assert words <= set(VERDICTS)


def test_the_shipped_claims_use_metrics_that_notebooks_record() -> None:
    """Names with a number or a name in them are built by the notebooks."""
    text = "".join(path.read_text() for path in (ROOT / "notebooks").glob("*.ipynb"))
    built = ("labels_", "reward_", "preference_win_players_", "tuning_", "prompts_", "preference_")
    built += (
        "annotation_",
        "crowdplay_",
        "incentives_",
        "demonstrations_",
        "mtd_",
        "following_",
        "offline_",
        "teaching_",
        "descent_",
        "dungeon_",
    )
    for name in METRICS:
        assert name in text or name.startswith(built), name


def test_the_judge_of_drawn_shapes_decides_only_on_prompts_of_the_drawn_world() -> None:
    """Of other prompts, ImageReward decides whether tuning helped, and nothing decides quality."""
    metrics = {"tuning_samples": metric(16000), "tuning_adherence_change": metric(3, 2, 4)}
    metrics["tuning_quality_change_preferred"] = metric(-3, -4, -2)
    win = "tuning_win_imagereward_published_preferred_over_base"
    metrics[win] = metric(0.6, 0.55, 0.65)

    def verdicts(world_prompts: int) -> dict[str, str]:
        known = {"tuning_world_prompts": metric(world_prompts)}
        return {claim["id"]: claim["verdict"] for claim in judge(CLAIMS, metrics | known)}

    on_shapes, on_others = verdicts(6000), verdicts(0)
    reason = "not testable here: this run has 0 of 1 prompt of the drawn world"
    for name in ("adherence_improves", "quality_falls"):
        assert on_shapes[name] == MATCHES
        assert on_others[name] == reason
    assert on_shapes["adherence_improves_imagereward"] == MATCHES
    assert on_others["adherence_improves_imagereward"] == MATCHES
