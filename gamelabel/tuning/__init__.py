"""Better models from preferences: adapters tuned on chosen images or on pairs, and their effect.

Rewards are in `tuning.by_reward`, comparisons of several methods in `tuning.arms`, tests in
`tuning.evaluate` and `tuning.versus`.
"""

from gamelabel.tuning import arms, by_reward, evaluate, versus
from gamelabel.tuning.adapter import fingerprint, load_adapter, tune_adapter
from gamelabel.tuning.data import cache_pairs, cache_prompts, preference_pairs
from gamelabel.tuning.dpo import pairwise_loss
from gamelabel.tuning.pair_sides import random_of_pair
from gamelabel.tuning.refl import refl_loss
from gamelabel.tuning.rounds import tune_in_rounds
from gamelabel.tuning.scored import generate_scored, make_annotators
from gamelabel.tuning.sft import sft_loss

__all__ = [
    "arms",
    "by_reward",
    "cache_pairs",
    "cache_prompts",
    "evaluate",
    "fingerprint",
    "generate_scored",
    "load_adapter",
    "make_annotators",
    "pairwise_loss",
    "preference_pairs",
    "random_of_pair",
    "refl_loss",
    "sft_loss",
    "tune_adapter",
    "tune_in_rounds",
    "versus",
]
