"""The reward model: BLIP with a head that learns from preferences; what it is compared with, and by which measures."""

from gamelabel.reward.baselines import (
    Scorer,
    baselines,
    clip_score,
    fit_quality,
    match_score,
    score_pairs,
)
from gamelabel.reward.calibration import Calibration, calibrate
from gamelabel.reward.compare import (
    compare_on_pairs,
    compare_on_rankings,
    gain_on_pairs,
    remembered,
)
from gamelabel.reward.examples import BadPairs, examples, split_by_prompt
from gamelabel.reward.imagereward_checkpoint import NotImageReward, read_published
from gamelabel.reward.judges import agreement, chosen, matrix, panel
from gamelabel.reward.metrics import (
    accuracy_gain,
    auc,
    filter_at,
    metric_test,
    preference_accuracy,
    recall_at,
    wins,
)
from gamelabel.reward.reward_folder import (
    EMBEDDED,
    NotARewardModel,
    load_reward,
    open_blip,
    save_blip,
    save_reward,
)
from gamelabel.reward.reward_model import RewardModel
from gamelabel.reward.tune_reward import Settings, bradley_terry, train_reward

__all__ = [
    "EMBEDDED",
    "BadPairs",
    "Calibration",
    "NotARewardModel",
    "NotImageReward",
    "RewardModel",
    "Scorer",
    "Settings",
    "accuracy_gain",
    "agreement",
    "auc",
    "baselines",
    "bradley_terry",
    "calibrate",
    "chosen",
    "clip_score",
    "compare_on_pairs",
    "compare_on_rankings",
    "examples",
    "filter_at",
    "fit_quality",
    "gain_on_pairs",
    "load_reward",
    "match_score",
    "matrix",
    "metric_test",
    "open_blip",
    "panel",
    "preference_accuracy",
    "read_published",
    "recall_at",
    "remembered",
    "save_blip",
    "save_reward",
    "score_pairs",
    "split_by_prompt",
    "train_reward",
    "wins",
]
