"""Better models from preferences: adapters tuned on chosen pictures or on pairs, and what that changed."""

from gamelabel.tuning.adapter import fingerprint, tune_adapter
from gamelabel.tuning.data import Pictures, preferences, read_pictures, unselected
from gamelabel.tuning.dpo import dpo_loss
from gamelabel.tuning.evaluate import Drawn, adherence_change, assess, evaluate, scenes
from gamelabel.tuning.loop import Fit
from gamelabel.tuning.sft import sft_loss

__all__ = [
    "Drawn",
    "Fit",
    "Pictures",
    "adherence_change",
    "assess",
    "dpo_loss",
    "evaluate",
    "fingerprint",
    "preferences",
    "read_pictures",
    "scenes",
    "sft_loss",
    "tune_adapter",
    "unselected",
]
