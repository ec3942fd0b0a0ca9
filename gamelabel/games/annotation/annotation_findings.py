"""What notebook 16 found about people, as one table: a sentence for each number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

_FINDINGS = {
    "annotation_alpha_faithfulness_tifa": "TIFA's raters agree about faithfulness, alpha",
    "annotation_alpha_quality_geneval": "GenEval's raters agree about quality, alpha",
    "annotation_alpha_missing_object_geneval": "and about whether an object is missing",
    "annotation_alpha_looks_unreal_geneval": "and about whether an object looks unreal",
    "annotation_tifa_same_order": "pairs that TIFA's two raters put in the same order, share",
    "annotation_gecko_agreed": "prompts about whose pictures Gecko's raters agreed, share",
    "annotation_issue_missing_object_two_object": (
        "a picture of two objects misses one, share of judgements"
    ),
    "annotation_issue_missing_object_single_object": "and a picture of one object misses it",
    "annotation_quality_missing_object": "quality with a missing object minus without, of 1 to 4",
    "annotation_quality_looks_unreal": "and with an object that looks unreal",
    "annotation_quality_alignment": "quality and alignment, Spearman's correlation (AGIQA-3K)",
    "annotation_words_any": "ImageReward's test prompts with function words, share",
    "annotation_words_named": "and with those that the slides name",
    "annotation_hyper_detail_quality": '"hyper detail" raises quality, points of 5 (AGIQA-3K)',
    "annotation_hyper_detail_alignment": "and alignment",
    "annotation_blurred_detail_quality": '"blurred detail" raises quality',
    "annotation_ties": "pairs that ImageReward's rankings leave tied, share",
    "annotation_words_ties": "more ties where the prompt has function words, share",
    "annotation_stopping_saved_confidence_80_mean_of_crowds": (
        "votes saved at equal accuracy with confidence 0.8, mean of crowds"
    ),
    "annotation_stopping_gap_confidence_80_mean_of_crowds": "and stated confidence minus accuracy",
    "annotation_stopping_saved_confidence_90_mean_of_crowds": "votes saved with confidence 0.9",
    "annotation_stopping_gap_confidence_90_mean_of_crowds": "and stated confidence minus accuracy",
}


def findings_table(metrics: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return the findings that were measured: `finding`, `value`, `low`, `high`, `n`.

    Parameters
    ----------
    metrics : mapping
        The numbers of a run by name, from `gamelabel.study.Report.metrics`.

    Examples
    --------
    >>> entry = {"value": 0.1, "low": 0.0, "high": 0.2, "n": 9}
    >>> findings_table({"annotation_ties": entry}).values.tolist()
    [["pairs that ImageReward's rankings leave tied, share", 0.1, 0.0, 0.2, 9]]
    """
    columns = ["value", "low", "high", "n"]
    rows = [
        (sentence, *(metrics[name][column] for column in columns))
        for name, sentence in _FINDINGS.items()
        if metrics.get(name, {}).get("value") is not None
    ]
    return pd.DataFrame(rows, columns=["finding", *columns])
