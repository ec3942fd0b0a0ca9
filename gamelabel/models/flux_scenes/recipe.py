"""The settings of the recipe that trains the embedded FLUX model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gamelabel.training import TrainingConfig


@dataclass(frozen=True)
class FluxRecipe:
    """Settings of the stages, in the order they run.

    A stage either trains a part (`TrainingConfig`) or generates a data set (a number of images).

    Attributes
    ----------
    seed : int
        Seed of the weights and of every batch.
    codec, text, teacher, refined, student : TrainingConfig
        How long and how fast each part is trained.
    scenes, hard_scenes : int
        Scenes drawn for the teacher; `hard_scenes` has more prompts of the difficult families.
    distillation_set : int
        Images that the teacher samples for the student.
    distillation_steps : int
        Sampling steps of the teacher.
    distillation_guidance : float
        Classifier-free guidance scale of the teacher; 1 is none.
    distillation_filtered : bool
        Keep only the teacher's images that fit their prompt.
    """

    seed: int = 0
    codec: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=4500, batch_size=16, learning_rate=2e-3, decay_start=0.3, bf16=False
        )
    )
    text: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=1500, batch_size=128, learning_rate=2e-3, bf16=False
        )
    )
    scenes: int = 160_000
    teacher: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(steps=9000, batch_size=128, learning_rate=1.2e-3)
    )
    hard_scenes: int = 240_000
    refined: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=16_000, batch_size=64, learning_rate=1e-3, decay_start=0.2
        )
    )
    distillation_set: int = 72_000
    distillation_steps: int = 8
    distillation_guidance: float = 2.0
    distillation_filtered: bool = True
    student: TrainingConfig = field(
        default_factory=lambda: TrainingConfig(
            steps=2600, batch_size=128, learning_rate=6e-4, decay_start=0.2
        )
    )


def quick_recipe(recipe: FluxRecipe) -> FluxRecipe:
    """Return the recipe with four steps a stage, to check that every stage runs."""
    trained = ("codec", "text", "teacher", "refined", "student")
    short = {name: replace(getattr(recipe, name), steps=4, batch_size=8) for name in trained}
    return replace(
        recipe,
        scenes=16,
        hard_scenes=16,
        distillation_set=16,
        distillation_filtered=False,
        **short,
    )
