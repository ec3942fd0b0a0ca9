"""The drawn world: prompts and scenes, drawings of them, and a judge that makes no errors.

>>> from gamelabel.scenes import draw, parse, verify
>>> prompt = "a red circle above a blue star"
>>> verify(draw(parse(prompt), seed=0), prompt).fits
True
"""

from gamelabel.scenes.contact_sheets import contact_sheet, sheet_pictures
from gamelabel.scenes.draw import SIDE, draw
from gamelabel.scenes.grammar import (
    FAMILIES,
    Scene,
    SceneObject,
    UnknownPrompt,
    all_prompts,
    normalize_prompt,
    parse,
    scene_prompt,
)
from gamelabel.scenes.prompt_split import sample_prompts, scene_split
from gamelabel.scenes.verify import adherence, verify, verify_batch

__all__ = [
    "FAMILIES",
    "SIDE",
    "Scene",
    "SceneObject",
    "UnknownPrompt",
    "adherence",
    "all_prompts",
    "contact_sheet",
    "draw",
    "normalize_prompt",
    "parse",
    "sample_prompts",
    "scene_prompt",
    "scene_split",
    "sheet_pictures",
    "verify",
    "verify_batch",
]
