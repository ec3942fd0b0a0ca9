"""The embedded image world: prompts and scenes, drawings of them, and a judge that cannot err about them."""

from gamelabel.world.draw import SIDE, draw
from gamelabel.world.scenes import FAMILIES, Scene, Thing, UnknownPrompt, parse, prompts, sample_prompts, split, write
from gamelabel.world.sheet import contact_sheet
from gamelabel.world.verify import Verdict, adherence, verify, verify_batch

__all__ = [
    "FAMILIES",
    "SIDE",
    "Scene",
    "Thing",
    "UnknownPrompt",
    "Verdict",
    "adherence",
    "contact_sheet",
    "draw",
    "parse",
    "prompts",
    "sample_prompts",
    "split",
    "verify",
    "verify_batch",
    "write",
]
