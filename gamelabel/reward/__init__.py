"""The reward model: BLIP with a head that learns from preferences, its baselines and its metrics.

What is used less often is imported from its module: `comparison` (scorers on pairs and rankings),
`judges` (agreement), `metrics`, `published` (ImageReward's results), `imagereward_checkpoint`.
"""

from gamelabel.reward.baselines import baseline_scorers
from gamelabel.reward.calibration import Calibration, calibrate
from gamelabel.reward.examples import reward_examples, split_by_prompt
from gamelabel.reward.imagereward_checkpoint import load_imagereward
from gamelabel.reward.metrics import preference_accuracy
from gamelabel.reward.published_scorers import published_scorers
from gamelabel.reward.reward_folder import BLIP_SCENES, load_reward, open_blip, save_reward
from gamelabel.reward.reward_model import RewardModel
from gamelabel.reward.scorer import Scorer, cached_scorer
from gamelabel.reward.tune_reward import RewardConfig, train_reward

__all__ = [
    "BLIP_SCENES",
    "Calibration",
    "RewardConfig",
    "RewardModel",
    "Scorer",
    "baseline_scorers",
    "cached_scorer",
    "calibrate",
    "load_imagereward",
    "load_reward",
    "open_blip",
    "preference_accuracy",
    "published_scorers",
    "reward_examples",
    "save_reward",
    "split_by_prompt",
    "train_reward",
]
