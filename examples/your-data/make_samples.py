"""Make the sample files of this folder again. People did not give these votes: they are SIMULATED.

Run it in this folder: `python make_samples.py`.
"""

import csv
import json
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from gamelabel import scenes
from gamelabel.readers import read_crowd
from gamelabel.tables import write_released

HERE = Path(__file__).parent
N_PAIRS, N_WORKERS = 24, 6
rng = np.random.default_rng(0)


def write_json(name: str, content: object) -> None:
    """Write a JSON file in this folder."""
    (HERE / name).parent.mkdir(parents=True, exist_ok=True)
    (HERE / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def write_csv(name: str, rows: list[list[object]]) -> None:
    """Write a CSV file in this folder."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


# Two pictures of each prompt: one of the scene that it describes, one of another scene.
texts = list(dict.fromkeys(scenes.sample_prompts(200, 0, "train")))[:N_PAIRS]
fitting = rng.integers(0, 2, N_PAIRS)
(HERE / "pictures").mkdir(exist_ok=True)
for i in range(N_PAIRS):
    for side in (0, 1):
        shown = texts[i] if side == fitting[i] else texts[(i + 7) % N_PAIRS]
        picture = Image.fromarray(scenes.draw(scenes.parse(shown), 2 * i + side))
        path = HERE / f"pictures/{i:02d}-{side + 1}.png"
        picture.resize((48, 40)).save(path)
        path.with_suffix(".txt").write_text(texts[i] + "\n", encoding="utf-8")
names = [(f"pictures/{i:02d}-1.png", f"pictures/{i:02d}-2.png") for i in range(N_PAIRS)]

# Own prompts, own pictures.
subjects = ["a lighthouse", "a red fox", "an old tram", "two paper boats", "a glass teapot"]
places = ["on a hill", "in fresh snow", "under a bridge", "at a night market"]
styles = ["ink drawing", "oil painting", "photograph"]
prompts = [f"{a} {b}, {c}" for a in subjects for b in places for c in styles]
(HERE / "prompts.txt").write_text("\n".join(prompts) + "\n", encoding="utf-8")
write_csv("prompts.csv", [["prompt", "author"], *([text, "me"] for text in prompts)])
rows = [[text, *both] for text, both in zip(texts, names, strict=True)]
write_csv("pictures.csv", [["prompt", "image_a", "image_b"], *rows])

# Simulated votes: three workers a task, right in four of five cases, a sixth of them ties.
votes = []
for i in range(N_PAIRS):
    for worker in rng.permutation(N_WORKERS)[:3]:
        side = fitting[i] if rng.random() < 0.8 else 1 - fitting[i]
        votes.append((i, int(worker), "tie" if rng.random() < 1 / 6 else ("left", "right")[side]))
table = [[f"t{i:02d}", f"worker {w}", choice, texts[i], *names[i]] for i, w, choice in votes]
write_csv("votes.csv", [["task", "worker", "label", "prompt", "image_a", "image_b"], *table])


def choices_of(task: int) -> list[tuple[int, str]]:
    """Return the worker and the choice of each vote on a task."""
    return [(worker, choice) for i, worker, choice in votes if i == task]


# The layout of GameLabel-10K: counts of votes, pictures as text. Ties have no place in it.
with tempfile.TemporaryDirectory() as run_dir:
    tables = read_crowd(HERE / "votes.csv", run_dir=run_dir)
    write_released(tables, run_dir, HERE / "data.csv")

# Label Studio's JSON: <Choices> with left, right and tie, since <Pairwise> has no tie.
write_json(
    "label-studio.json",
    [
        {
            "id": i + 1,
            "data": {"prompt": texts[i], "image1": names[i][0], "image2": names[i][1]},
            "annotations": [
                {
                    "id": 100 * i + worker,
                    "completed_by": {"id": worker, "email": f"worker{worker}@example.org"},
                    "result": [
                        {
                            "from_name": "better",
                            "to_name": "image1",
                            "type": "choices",
                            "value": {"choices": [choice]},
                        }
                    ],
                    "was_cancelled": False,
                    "ground_truth": False,
                    "created_at": f"2026-05-01T10:{i:02d}:{10 * worker:02d}.000000Z",
                    "lead_time": 3.5 + worker,
                }
                for worker, choice in choices_of(i)
            ],
            "predictions": [],
        }
        for i in range(N_PAIRS)
    ],
)

# Argilla's `dataset.records.to_json`: a label question `better`.
write_json(
    "argilla.json",
    [
        {
            "id": f"t{i:02d}",
            "fields": {"prompt": texts[i], "image_a": names[i][0], "image_b": names[i][1]},
            "metadata": {},
            "suggestions": {},
            "responses": {
                "better": [
                    {"value": choice, "user_id": f"00000000-0000-0000-0000-{worker:012d}"}
                    for worker, choice in choices_of(i)
                ]
            },
            "vectors": {},
            "_server_id": None,
        }
        for i in range(N_PAIRS)
    ],
)

# Potato's folder: the items, and what each annotator chose of a pairwise scheme `better`.
items = [
    {"id": f"t{i:02d}", "text": texts[i], "images": [f"../{name}" for name in names[i]]}
    for i in range(N_PAIRS)
]
write_json("potato/data/items.json", items)
selections = {"left": "A", "right": "B", "tie": "tie"}
for worker in range(N_WORKERS):
    chosen = {f"t{i:02d}": choice for i, w, choice in votes if w == worker}
    answers = {
        task: [[{"schema": "better", "name": "selection"}, selections[choice]]]
        for task, choice in chosen.items()
    }
    state = {
        "user_id": f"worker{worker}",
        "instance_id_ordering": list(chosen),
        "instance_id_to_label_to_value": answers,
    }
    write_json(f"potato/annotation_output/worker{worker}/user_state.json", state)
