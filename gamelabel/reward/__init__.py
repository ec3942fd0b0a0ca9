"""The reward model: BLIP with a head that learns from preferences; what it is compared with, and by which measures."""

from gamelabel.reward.agreement import agreement, chosen, matrix, panel
from gamelabel.reward.baselines import Scorer, baselines, clip_score, fit_quality, match_score, score_pairs
from gamelabel.reward.calibrate import Calibration, calibrate
from gamelabel.reward.compare import compare_on_pairs, compare_on_rankings
from gamelabel.reward.data import BadPairs, examples
from gamelabel.reward.embedded import make_embedded
from gamelabel.reward.folder import NotARewardModel, load_reward, open_blip, save_reward
from gamelabel.reward.metrics import filter_at, metric_test, preference_accuracy, recall_at
from gamelabel.reward.model import RewardModel
from gamelabel.reward.pretrain import pretrain
from gamelabel.reward.published import NotImageReward, read_published
from gamelabel.reward.train import Settings, bradley_terry, train_reward

__all__ = [
    "BadPairs",
    "Calibration",
    "NotARewardModel",
    "NotImageReward",
    "RewardModel",
    "Scorer",
    "Settings",
    "agreement",
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
    "load_reward",
    "make_embedded",
    "match_score",
    "matrix",
    "metric_test",
    "open_blip",
    "panel",
    "preference_accuracy",
    "pretrain",
    "read_published",
    "recall_at",
    "save_reward",
    "score_pairs",
    "train_reward",
]
