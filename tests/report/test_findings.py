import re

import pytest

from gamelabel.report.findings import Finding, findings


def number(value, low=None, high=None, source="simulated"):
    return {"value": value, "low": low, "high": high, "n": 10, "unit": "", "source": source}


METRICS = {
    "labels_players": number(188),
    "labels_annotations": number(16_595),
    "reliability_accuracy_mean": number(0.739, 0.715, 0.764),
    "reliability_accuracy_weighted": number(0.846, 0.826, 0.863),
    "tuning_adherence_change": number(-0.025, -0.037, -0.013),
    "tuning_selection_gain_published": number(0.004, -0.001, 0.01),
    "preference_dpo_over_supervised": number(0.011, -0.007, 0.029),
    "reward_accuracy_model": number(0.65, 0.633, 0.668),
    "reward_accuracy_next": number(0.632),
    "prompts_published_lowest_share_kept_whole_word": number(0.934, 0.929, 0.938, "published"),
    "prompts_published_lowest_share_kept_substring": number(0.566, 0.556, 0.575, "published"),
    "real_dog_threshold_label_accuracy_kept": number(0.75, source="crowd"),
    "real_dog_threshold_spent": number(0.3, source="crowd"),
    "real_dog_accuracy_weighted": number(0.7, source="crowd"),
    "real_sp_amt_threshold_label_accuracy_kept": number(0.85, source="crowd"),
    "real_sp_amt_threshold_spent": number(0.4, source="crowd"),
    "real_sp_amt_accuracy_weighted": number(0.9, source="crowd"),
}
CLAIMS = [
    {"id": "accuracy_mean", "paper_number": 0.74, "verdict": "matches in simulation"},
    {"id": "accuracy_weighted", "paper_number": 0.83, "verdict": "matches in simulation"},
    {"id": "prompts_share_kept", "paper_number": 0.3, "verdict": "set"},
]


def sentences(metrics, claims=CLAIMS):
    return [plain(finding.sentence) for finding in findings(metrics, claims)]


def plain(sentence):
    """With blanks that may be broken."""
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


def test_a_whole_run_has_five_findings_in_one_sentence_each():
    results = findings(METRICS, CLAIMS)
    assert len(results) == 5
    assert all(re.fullmatch(r"[A-Z0-9].*[^.]\.", one.sentence) for one in results)
    assert [one.simulated for one in results] == [True, True, True, False, False]
    assert [one.notebook[:2] for one in results] == ["04", "05", "08", "01", "06"]


def test_the_numbers_are_those_of_the_run():
    players, tuning, methods, prompts, gate = sentences(METRICS)
    assert players.startswith("188 simulated players gave 16,595 labels;")
    assert "73.9 % [71.5, 76.4]" in players and players.endswith("(the paper: 74 % and 83 %).")
    assert "lowers adherence" in tuning and "(−2.5 percentage points [−3.7, −1.3])" in tuning
    assert "1.1 percentage points [−0.7, 2.9]" in methods and "63.2 %." in methods
    assert "93.4 % [92.9, 93.8]" in prompts and "30 %" in prompts
    assert "2 real crowds" in gate and "in 1, and" in gate and "35 %" in gate


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.01, 0.03, "raises"), (-0.03, -0.01, "lowers"), (-0.01, 0.01, "does not clearly change")],
)
def test_a_change_is_a_rise_or_a_fall_only_if_its_interval_says_so(low, high, words):
    change = number((low + high) / 2, low, high)
    (sentence,) = sentences({"tuning_adherence_change": change})
    assert f"preferred {words} adherence" in sentence


def test_a_change_without_an_interval_is_not_clear():
    (sentence,) = sentences({"tuning_adherence_change": number(0.5)})
    assert "does not clearly change" in sentence and "[" not in sentence


def test_a_simulation_that_was_fitted_to_the_paper_is_no_evidence():
    claims = [{**claim, "verdict": "set"} for claim in CLAIMS]
    assert "the simulation was fitted to the paper's 74 % and 83 %" in sentences(METRICS, claims)[0]


def test_people_are_called_simulated_only_if_they_are():
    metrics = METRICS | {"labels_players": number(188, source="released")}
    assert findings(metrics, CLAIMS)[0].simulated is False
    assert findings(metrics, CLAIMS)[0].sentence.startswith("188 players gave")


@pytest.mark.parametrize("name", [name for name in METRICS if not name.startswith("real_")])
@pytest.mark.parametrize("missing", ["absent", "null"])
def test_what_was_not_measured_is_left_out(name, missing):
    metrics = {key: value for key, value in METRICS.items() if key != name}
    if missing == "null":
        metrics[name] = number(None)
    results = findings(metrics, CLAIMS)
    assert 4 <= len(results) <= 5
    assert not [one for one in results if "None" in one.sentence or "nan" in one.sentence]


def test_votes_without_known_answers_have_their_agreement():
    votes = {
        "labels_kept": number(72, source="crowd"),
        "labels_points": number(24, source="crowd"),
        "labels_players": number(6, source="crowd"),
        "reliability_accuracy_mean": number(None, source="crowd"),
        "reliability_alpha": number(0.166, -0.343, 0.62, source="crowd"),
    }
    (finding,) = findings(votes, CLAIMS)
    assert finding.sentence == (
        "72 labels by 6 people of 24 pairs have a Krippendorff's alpha of 0.166 [-0.343, 0.620];"
        " without known answers their accuracy cannot be measured."
    )
    assert not finding.simulated
    (unnamed,) = sentences(votes | {"labels_players": number(None)})
    assert unnamed.startswith("72 labels of 24 pairs have")


def test_a_sentence_with_one_simulated_number_is_marked():
    gain = {"preference_dpo_over_supervised": number(0.01, 0.0, 0.02, source="crowd")}
    assert not findings(gain, CLAIMS)[0].simulated
    annotators = {name: METRICS[name] for name in ("reward_accuracy_model", "reward_accuracy_next")}
    assert findings(gain | annotators, CLAIMS)[0].simulated


def test_without_claims_the_paper_is_not_mentioned():
    assert not [sentence for sentence in sentences(METRICS, []) if "the paper:" in sentence]
    assert findings({}, []) == []


def test_a_finding_says_where_it_comes_from():
    gate = findings(METRICS, CLAIMS)[4]
    assert gate._replace(sentence=plain(gate.sentence)) == Finding(
        "Replayed over the labels of 2 real crowds, the paper's gate raises the share of right"
        " labels in 1, and spends a median of 35 % of the labels on tasks with a known answer.",
        "real_gate_costs",
        "06_real_crowds",
        simulated=False,
    )
