"""The study as data: its chapters and steps, what each step reads and writes, and where."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ALL_CHAPTERS = "all"
REFERENCE = "reference"  # in the folder of reports: published runs, which no run writes
_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Step:
    """One notebook of the study.

    Parameters
    ----------
    name : str
        The name of its notebook, without the suffix.
    inputs, outputs : tuple of str
        Files in the run's folder, or folders with a slash at the end. A question mark after the
        name says that there may be none.
    project : tuple of str
        Files of the project that it reads.
    after : tuple of str
        Steps whose recorded numbers it reads, where they exist.
    chapter : str
        The chapter of the study that it belongs to, a key of `CHAPTERS`.
    fans_out : bool
        Whether most of its work is shared by several processes; see `gamelabel.parallel`.
    """

    name: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    chapter: str = "pairs"
    fans_out: bool = False

    @property
    def records(self) -> str:
        """Where its notebook records its results, in the run's folder; see `study.Report`."""
        return f"records/{self.name}.json"


# name -> heading in the report
CHAPTERS = {
    "pairs": "Labelling pairs of images",
    "play": "Demonstrations from play",
    "dungeon": "Teaching agents to follow commands",
}
STEPS = (
    Step("01_prompts", outputs=("prompts.parquet",), project=("data/sources.yaml",)),
    Step(
        "02_images",
        ("prompts.parquet",),
        ("pairs.parquet", "adherence.parquet", "images/"),
        fans_out=True,
    ),
    # labels from elsewhere bring their own pairs and images
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
        ("adapters/", "compared/"),
        fans_out=True,
    ),
    # other people's labels: nothing of this run's
    Step("06_real_crowds", project=("data/sources.yaml",)),
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
            "preferences.parquet",
            "outside/?",
        ),
        ("preference/",),
        fans_out=True,
    ),
    Step(
        "09_rewards_and_rounds",
        ("pairs.parquet", "preferences.parquet", "outside/?", "reward/", "preference/"),
        ("rounds/",),
        fans_out=True,
    ),
    # real ratings, and simulated annotators of drawn pictures: nothing of this run's
    Step("16_annotation", outputs=("annotation/",), project=("data/sources.yaml",)),
    # last, since it tests the claims on what all the others recorded
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
        project=("data/claims",),
        after=(
            "01_prompts",
            "02_images",
            "03_labels",
            "04_reliability",
            "05_tuning",
            "07_reward_model",
            "08_pairwise_losses",
            "09_rewards_and_rounds",
            "16_annotation",
        ),
    ),
    Step(
        "11_demonstrations",
        outputs=("play/",),
        chapter="play",
        fans_out=True,
    ),
    Step("12_incentives", chapter="play"),
    Step("13_offline_learning", ("play/",), chapter="play", fans_out=True),
    # both keep the models that they have trained, to go on from; nothing reads them
    Step(
        "14_dungeon",
        project=("data/published/mtd.yaml",),
        chapter="dungeon",
        fans_out=True,
    ),
    Step("15_descent", chapter="dungeon", fans_out=True),
)


def parents(step: Step, steps: Sequence[Step]) -> list[Step]:
    """Return the steps that make a step's inputs, and those whose records it reads."""
    return [s for s in steps if s.name in step.after or set(s.outputs) & set(step.inputs)]


def descendants(names: set[str], steps: Sequence[Step]) -> set[str]:
    """Return the names given and those of all steps that depend on one of them."""
    reached = set(names)
    while True:
        children = {s.name for s in steps if any(p.name in reached for p in parents(s, steps))}
        if children <= reached:
            return reached
        reached |= children


def missing_steps(name: str, recorded: Iterable[str], steps: Sequence[Step] = STEPS) -> list[str]:
    """Return the steps whose results a step reads and that are not among the recorded ones.

    >>> missing_steps("10_figures", ["01_prompts", "02_images"])[0]
    '03_labels'
    """
    finished = set(recorded)
    after = next((step.after for step in steps if step.name == name), ())
    return [other for other in after if other not in finished]


def uses_labels(name: str, steps: Sequence[Step] = STEPS) -> bool:
    """Return whether the results of the step of this name rest on labels."""
    return name in descendants({s.name for s in steps if "labels.parquet" in s.outputs}, steps)


@dataclass(frozen=True)
class Study:
    """A project folder and one profile of it: where each file is.

    Parameters
    ----------
    root : Path
        The project's folder.
    profile : str
        The name of the profile.
    steps : tuple of Step
        The steps, this project's by default.
    """

    root: Path
    profile: str
    steps: tuple[Step, ...] = field(default=STEPS)

    def __post_init__(self) -> None:
        if not _PROFILE_NAME.fullmatch(self.profile):
            raise ValueError(
                f"{self.profile!r} cannot name a profile: use letters, digits, `_`, `-` and `.`,"
                " and begin with a letter or digit"
            )
        if self.profile.lower() == REFERENCE:
            raise ValueError(
                f"a profile cannot have the name {self.profile!r}: {self.root / 'reports'} keeps"
                " published runs under it; rename the profile"
            )

    @property
    def notebooks(self) -> Path:
        """The folder of the notebooks, in which they also run."""
        return self.root / "notebooks"

    @property
    def run_dir(self) -> Path:
        """The folder of the steps' tables and images."""
        return self.root / "data" / "runs" / self.profile

    @property
    def report_dir(self) -> Path:
        """The folder of the report."""
        return self.root / "reports" / self.profile

    def notebook(self, step: Step) -> Path:
        """Return the path of a step's notebook."""
        return self.notebooks / f"{step.name}.ipynb"

    def executed(self, step: Step) -> Path:
        """Return the path of a step's notebook with its outputs."""
        return self.report_dir / "notebooks" / f"{step.name}.ipynb"

    def runnable(self) -> tuple[Step, ...]:
        """Return the steps whose notebook exists."""
        return tuple(step for step in self.steps if self.notebook(step).exists())

    def chapters(self) -> dict[str, tuple[Step, ...]]:
        """Return the steps of each chapter, in order."""
        names = dict.fromkeys(step.chapter for step in self.steps)
        return {name: tuple(s for s in self.steps if s.chapter == name) for name in names}

    def step(self, name: str) -> Step:
        """Return the step of this name or number (`3`), or the only one whose name starts so.

        Raises
        ------
        ValueError
            If there is no such step, or its notebook does not exist.
        """
        exact = [s for s in self.steps if s.name == name]
        start = name.zfill(2) if name.isdigit() else name
        matches = exact or [s for s in self.steps if start and s.name.startswith(start)]
        if len(matches) != 1:
            names = ", ".join(s.name for s in self.steps)
            raise ValueError(f"there is no step {name!r}; the steps are {names}")
        step = matches[0]
        if not self.notebook(step).exists():
            raise ValueError(f"step {step.name} has no notebook: {self.notebook(step)} not found")
        return step

    def select(self, chapter: str, start: str = "", only: str = "") -> set[str]:
        """Return the names of the steps to run.

        Parameters
        ----------
        chapter : str
            A chapter, or "all".
        start : str
            Select this step and those of the chapter that depend on it.
        only : str
            Select this step alone.

        Raises
        ------
        ValueError
            If the chapter or the step does not exist, or the step is in another chapter.
        """
        chapters = {**self.chapters(), ALL_CHAPTERS: self.steps}
        if chapter not in chapters:
            names = ", ".join(chapters)
            raise ValueError(f"there is no chapter {chapter!r}; the chapters are {names}")
        if start and only:
            raise ValueError("give --from or --only, not both")
        members = {step.name for step in chapters[chapter]}
        if not (start or only):
            return members
        step = self.step(start or only)
        if step.name not in members:
            chapter = step.chapter
            raise ValueError(f"step {step.name} is in chapter {chapter}: add --chapter {chapter}")
        return {step.name} if only else descendants({step.name}, self.steps) & members

    def relative(self, path: Path) -> str:
        """Return a path relative to the project's folder, with slashes, as in the manifest."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def is_reference(folder: Path) -> bool:
    """Return whether a folder, wherever links lead, is that of published runs or inside it.

    >>> is_reference(Path("/study/reports/small/../reference/small"))
    True
    """
    path = folder.resolve()
    names = [name.lower() for name in path.parts]
    return ("reports", REFERENCE) in itertools.pairwise(names)


def check_report_dir(folder: Path) -> None:
    """Raise a ValueError if a run must not write a report in a folder."""
    if is_reference(folder):
        raise ValueError(
            f"{folder.resolve()} keeps published runs: only `gamelabel publish` writes there"
        )


def find_root(start: Path | None = None) -> Path:
    """Return the project's folder: the current one, one above it, or the package's own.

    Raises
    ------
    ValueError
        If none of them has `notebooks/profiles`.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents, Path(__file__).resolve().parents[2]):
        if (folder / "notebooks" / "profiles").is_dir():
            return folder
    raise ValueError(
        f"no study found in {start} or above: go to the project's folder,"
        " the one that contains notebooks/profiles"
    )
