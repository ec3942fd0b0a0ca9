"""The study's notebooks in a folder of the tests, at a size that takes seconds."""

import shutil
from pathlib import Path

from gamelabel.study.steps import Study

ROOT = Path(__file__).parents[2]
# smaller than `smoke`; every cell of every notebook runs
SMALLEST = """\
# Every step at the smallest size at which each of its cells has something to do.
seed: 0
cell_minutes: 10.0
n_prompts: 600
points: 24
comparisons: 12
n_players: 12
n_games: 3
replicates: 20
train_steps: 2
train_batch: 4
best_prompts: 4
test_prompts: 8
reward_steps: 2
reward_batch: 4
ranked_prompts: 6
scored_prompts: 6
n_judges: 12
11_demonstrations:
  seconds: 10.0  # enough for some episodes that show a behavior
  replays: 1
12_incentives:
  people: 8
  swept_people: 4
  miscounted: 1
13_offline_learning:
  updates: 4
  seconds: 4.0
14_dungeon:
  n_teachers: 12
  sizes: 20, 40
  ablation_size: 20
  epochs: 1
16_annotation:
  n_prompts: 5
  annotators: 4
  n_tasks: 40
  n_known: 10
15_descent:
  width: 8
  epochs: 1
  attack_crowds: 1
"""


def real_study(
    root: Path, profile: str = SMALLEST, model: Path = ROOT / "data/models/scenes-flux"
) -> Study:
    """Make a project with copies of the notebooks, the data, and one profile, `smoke`."""
    (root / "notebooks" / "profiles").mkdir(parents=True)
    (root / "notebooks" / "profiles" / "smoke.yaml").write_text(profile)
    for step in Study(ROOT, "smoke").runnable():
        shutil.copy(ROOT / "notebooks" / f"{step.name}.ipynb", root / "notebooks")
    (root / "data" / "models").mkdir(parents=True)
    shutil.copy(ROOT / "data" / "sources.yaml", root / "data")
    shutil.copytree(ROOT / "data" / "claims", root / "data" / "claims")
    (root / "data" / "models" / "scenes-flux").symlink_to(model)
    for name in ("scenes-flux-assistant", "scenes-blip"):
        (root / "data" / "models" / name).symlink_to(ROOT / "data/models" / name)
    shutil.copy(ROOT / "requirements.lock", root)
    return Study(root, "smoke")
