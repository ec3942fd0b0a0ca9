"""The recipe that trains the embedded BLIP, which reads pictures and prompts: what a reward model starts from."""

from gamelabel.models.blip_scenes.architecture import make_embedded
from gamelabel.models.blip_scenes.pretraining import pretrain

__all__ = ["make_embedded", "pretrain"]
