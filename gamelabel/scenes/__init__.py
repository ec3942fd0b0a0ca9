"""The embedded image world: prompts and scenes, drawings of them, and a judge that cannot err about them."""

from gamelabel.scenes.contact_sheets import contact_sheet
from gamelabel.scenes.draw import SIDE, draw
from gamelabel.scenes.grammar import (
    FAMILIES,
    Scene,
    Thing,
    UnknownPrompt,
    parse,
    prompts,
    sample_prompts,
    split,
    write,
)
from gamelabel.scenes.verify import Verdict, adherence, verify, verify_batch

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
