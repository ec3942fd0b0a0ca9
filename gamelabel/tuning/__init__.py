"""Better models from preferences: adapters tuned on chosen pictures or on pairs, and what that changed."""

from gamelabel.training import TrainingConfig
from gamelabel.tuning.adapter import WrongBase, fingerprint, put_on, tune_adapter
from gamelabel.tuning.annotators import ranked_by_annotators
from gamelabel.tuning.cost import training_cost
from gamelabel.tuning.data import Pictures, join, preferences, read_pictures, read_text, unselected
from gamelabel.tuning.evaluate import (
    Drawn,
    adherence_change,
    assess,
    change_by_family,
    evaluate,
    held_out,
    scenes,
)
from gamelabel.tuning.filtering import filtering_loss, marked
from gamelabel.tuning.flips import flip_rate, pair_flips, player_flips, vote_shares
from gamelabel.tuning.losses import cdpo, dpo, ipo, rdpo, soft
from gamelabel.tuning.pairwise import pairwise_loss
from gamelabel.tuning.raft import raft_loss
from gamelabel.tuning.refl import refl_loss
from gamelabel.tuning.rounds import tune_in_rounds
from gamelabel.tuning.scene_pictures import drawn_scenes
from gamelabel.tuning.scored import Scored, Scorer, draw_scored
from gamelabel.tuning.sft import sft_loss
from gamelabel.tuning.versus import by_players, by_scores, win_matrix, wins
from gamelabel.tuning.weighted import weighted_loss

__all__ = [
    "Drawn",
    "Pictures",
    "Scored",
    "Scorer",
    "TrainingConfig",
    "WrongBase",
    "adherence_change",
    "assess",
    "by_players",
    "by_scores",
    "cdpo",
    "change_by_family",
    "dpo",
    "draw_scored",
    "drawn_scenes",
    "evaluate",
    "filtering_loss",
    "fingerprint",
    "flip_rate",
    "held_out",
    "ipo",
    "join",
    "marked",
    "pair_flips",
    "pairwise_loss",
    "player_flips",
    "preferences",
    "put_on",
    "raft_loss",
    "ranked_by_annotators",
    "rdpo",
    "read_pictures",
    "read_text",
    "refl_loss",
    "scenes",
    "sft_loss",
    "soft",
    "training_cost",
    "tune_adapter",
    "tune_in_rounds",
    "unselected",
    "vote_shares",
    "weighted_loss",
    "win_matrix",
    "wins",
]
