"""Draw the pictures of this folder again with the project's own model.

Run it in this folder: `python make_pictures.py`.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from gamelabel.images.pipeline import generate, load_pipeline

FOLDER = Path(__file__).parent / "pictures"
N_PICTURES = 4
PROMPTS = {
    "circles": "three blue circles in the style of a crayon drawing",
    "star": "a yellow star under a blue square",
    "triangle": "a purple triangle above a red circle",
    # with known answers: two examples, two questions of the test, and one in the work
    "squares": "two green squares",
    "moon": "a yellow circle above a blue square",
    "stars": "three red stars",
    "pair": "a green triangle under a yellow circle",
    "dots": "two purple circles",
}

pipe = load_pipeline()
FOLDER.mkdir(exist_ok=True)
for name, prompt in PROMPTS.items():
    batches = generate(pipe, [prompt] * N_PICTURES, list(range(N_PICTURES)))
    for number, pixels in enumerate(np.concatenate(list(batches)), 1):
        Image.fromarray(pixels).save(FOLDER / f"{name}-{number}.png")
