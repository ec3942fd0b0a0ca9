"""Short names of the papers' claims, for the rows of figures; whole sentences are in the claims."""

from __future__ import annotations

_CLAIM_NAMES = {
    "prompts_before": "prompts before the filter",
    "prompts_after": "prompts after the filter",
    "prompts_share_kept": "share of prompts kept",
    "prompts_share_kept_whole_word": "prompts kept, whole words",
    "prompts_share_kept_substring": "prompts kept, substrings",
    "prompts_unique": "unique prompts",
    "annotations_total": "labels in all",
    "comparisons": "labels of comparison points",
    "labels_kept": "labels kept as data",
    "multi_labelled": "data points with several labels",
    "adherence_labelled": "labels take the image that fits",
    "annotations_per_player_mean": "labels of a player, mean",
    "annotations_per_player_sd": "labels of a player, SD",
    "top16_share": "share of the busiest 16",
    "busiest_player": "labels of the busiest player",
    "accuracy_mean": "accuracy, mean of players",
    "accuracy_weighted": "accuracy, mean by label",
    "accuracy_weighted_higher": "accuracy is higher by label",
    "cost": "opportunity cost, dollars",
    "adherence_improves": "tuning raises adherence",
    "adherence_above_control": "more than with random images",
    "quality_falls": "tuning lowers quality",
    "quality_falls_control": "random images lower quality",
    "quality_falls_alike": "quality falls alike",
    "refined_methods": "DPO beats supervised tuning",
    "scorers_accuracy": "accuracy: ImageReward is first",
    "scorers_accuracy_blip": "accuracy: BLIP over Aesthetic",
    "scorers_accuracy_aesthetic": "accuracy: Aesthetic over CLIP",
    "scorers_recall1": "recall@1: ImageReward is first",
    "scorers_recall2": "recall@2: ImageReward is first",
    "scorers_recall4": "recall@4: ImageReward is first",
    "scorers_filter1": "filter@1: ImageReward is first",
    "scorers_filter2": "filter@2: ImageReward is first",
    "scorers_filter4": "filter@4: ImageReward is first",
    "scorers_annotators": "agreement of two annotators",
    "scorers_metric": "order of models, ImageReward",
    "scorers_metric_clip": "order of models: over CLIP",
    "tuning_refl": "ReFL beats the base",
    "tuning_filtering": "filtering beats the base",
    "tuning_refl_first": "ReFL beats filtering",
    "tuning_weighted": "weighting loses to the base",
    "tuning_raft_second": "RAFT falls in round 2",
    "tuning_raft_third": "RAFT falls in round 3",
}


def claim_name(claim: str) -> str:
    """Return the name that figures show for the id of a claim.

    >>> claim_name("tuning_refl"), claim_name("data_points")
    ('ReFL beats the base', 'data points')
    """
    return _CLAIM_NAMES.get(claim, claim.replace("_", " "))
