"""The study as data: its steps, what each reads and leaves, and where its files lie."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One notebook of the study.

    inputs and outputs: files, or folders with a slash at the end, in the run's folder; a question mark after the name
    where there may be none. project: files of the project itself that it reads. after: steps whose recorded numbers it
    reads, where they are there.
    """

    name: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def records(self) -> str:
        """Where its notebook leaves what it recorded, in the run's folder."""
        return f"records/{self.name}.json"


STEPS = (
    Step("01_prompts", outputs=("prompts.parquet",), project=("data/sources.yaml",)),
    Step("02_images", ("prompts.parquet",), ("pairs.parquet", "adherence.parquet", "images/")),
    # labels from elsewhere bring their pairs and pictures along
    Step(
        "03_labels",
        ("pairs.parquet", "adherence.parquet"),
        ("labels.parquet", "players.parquet", "outside/?"),
    ),
    Step(
        "04_reliability",
        ("pairs.parquet", "adherence.parquet", "labels.parquet", "players.parquet", "outside/?"),
        ("preferences.parquet",),
    ),
    Step(
        "05_tuning",
        ("pairs.parquet", "images/", "labels.parquet", "preferences.parquet", "outside/?"),
        ("adapters/",),
    ),
    Step(
        "06_real_crowds", project=("data/sources.yaml",)
    ),  # other people's labels: nothing of this run's
    Step(
        "07_reward_model",
        ("pairs.parquet", "images/", "labels.parquet", "preferences.parquet", "outside/?"),
        ("reward/", "ranked/"),
    ),
    Step(
        "08_pairwise_losses",
        (
            "pairs.parquet",
            "adherence.parquet",
            "images/",
            "labels.parquet",
            "players.parquet",
            "preferences.parquet",
            "outside/?",
            "reward/",
        ),
        ("preference/",),
    ),
    # last, for it holds the claims against what all the others recorded
    Step(
        "10_figures",
        (
            "prompts.parquet",
            "pairs.parquet",
            "images/",
            "labels.parquet",
            "players.parquet",
            "outside/?",
        ),
        project=("data/claims.yaml",),
        after=(
            "01_prompts",
            "02_images",
            "03_labels",
            "04_reliability",
            "05_tuning",
            "07_reward_model",
            "08_pairwise_losses",
        ),
    ),
)


def parents(step: Step, steps: Sequence[Step]) -> list[Step]:
    """The steps that must be done before this one: those that make its inputs, and those whose records it reads."""
    return [s for s in steps if s.name in step.after or set(s.outputs) & set(step.inputs)]


def descendants(names: set[str], steps: Sequence[Step]) -> set[str]:
    """The named steps and every step that depends on one of them."""
    found = set(names)
    while (
        more := {s.name for s in steps if any(p.name in found for p in parents(s, steps))} - found
    ):
        found |= more
    return found


def uses_labels(name: str, steps: Sequence[Step] = STEPS) -> bool:
    """Whether what the step of this name shows rests on labels."""
    return name in descendants({s.name for s in steps if "labels.parquet" in s.outputs}, steps)


@dataclass(frozen=True)
class Study:
    """A project folder and one profile of it: where everything lies. `steps` is the graph, this study's by default."""

    root: Path
    profile: str
    steps: tuple[Step, ...] = field(default=STEPS)

    @property
    def notebooks(self) -> Path:
        """The folder of the notebooks, and where they run."""
        return self.root / "notebooks"

    @property
    def run_dir(self) -> Path:
        """Where the steps' tables and pictures lie."""
        return self.root / "data" / "runs" / self.profile

    @property
    def report_dir(self) -> Path:
        """Where the report lies."""
        return self.root / "reports" / self.profile

    def notebook(self, step: Step) -> Path:
        """The step's notebook."""
        return self.notebooks / f"{step.name}.ipynb"

    def executed(self, step: Step) -> Path:
        """The step's notebook as it was executed."""
        return self.report_dir / "notebooks" / f"{step.name}.ipynb"

    def there(self) -> tuple[Step, ...]:
        """The steps whose notebook exists."""
        return tuple(step for step in self.steps if self.notebook(step).exists())

    def step(self, name: str) -> Step:
        """The step of this name, or the only one that starts with it (`03`); ValueError lists the known ones."""
        found = [s for s in self.steps if s.name == name] or [
            s for s in self.steps if s.name.startswith(name)
        ]
        if len(found) != 1 or not name:
            raise ValueError(
                f"there is no step {name!r}; the steps are {', '.join(s.name for s in self.steps)}"
            )
        if not self.notebook(found[0]).exists():
            raise ValueError(
                f"step {found[0].name} has no notebook: {self.notebook(found[0])} is not there"
            )
        return found[0]

    def relative(self, path: Path) -> str:
        """A path as it stands in the manifest: as seen from the project's root, with slashes."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def find_root(start: Path | None = None) -> Path:
    """The project folder: the current one or one above it, else the one that the package lies in."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "notebooks" / "profiles").is_dir():
            return folder
    raise ValueError(
        f"no study in {start} or above it: go to the project's folder (the one with notebooks/profiles)"
    )
