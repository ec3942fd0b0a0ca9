"""The recipe of the embedded BLIP, from which a reward model is trained: data, losses, card."""

from gamelabel.models.blip_scenes.architecture import make_blip_scenes
from gamelabel.models.blip_scenes.blip_card import write_blip_card
from gamelabel.models.blip_scenes.pretraining import pretrain_blip
from gamelabel.models.blip_scenes.train_blip import train_blip_scenes

__all__ = ["make_blip_scenes", "pretrain_blip", "train_blip_scenes", "write_blip_card"]
