"""How a descent is served: a YAML file, and what it says of rounds, pay and the learner."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gamelabel.games.descent import VARIANTS, DescentRules


class TeachSettings(BaseModel):
    """The settings of a served descent.

    Parameters
    ----------
    title : str
        What teachers see above the page.
    variant : str
        The procedure, a key of `gamelabel.games.descent.VARIANTS`.
    learner : str
        What is taught, `package.module:name`: a class or function that makes a new learner with
        `fit` and `predict`, see `docs/descent.md`. The module may be beside the file of settings.
    rounds : int
        Number of rounds.
    least, most : int
        Examples that a teacher must give in a round to take part in it, and may give.
    minutes : float
        How long a round takes examples.
    pay : int
        Coins for a round, for everybody who gave enough examples.
    bonuses : list of int
        Coins besides for the first place, the second, and so on. The collaborative variant has
        none.
    subjects : list of str
        What each round is about; empty if teachers may teach what they want.
    longest_example : int
        Most actions of an example.
    pilot : int
        Number of examples by SIMULATED teachers that the dragon knows before the first round.
    seed : int
        Seed of worlds, trainings and splits.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    title: str = Field(default="Teach the dragon", min_length=1)
    variant: Literal["mtd", "limit", "limit_without_model", "collaborative"] = "mtd"
    learner: str = Field(
        default="gamelabel.following.dungeon_learner:DungeonLearner", pattern=r"^[\w.]+:\w+$"
    )
    rounds: int = Field(default=5, ge=1)
    least: int = Field(default=10, ge=1)
    most: int = Field(default=100, ge=1)
    minutes: float = Field(default=40.0, gt=0)
    pay: int = Field(default=100, ge=0)
    bonuses: list[int] = Field(default=[300, 200, 100])
    subjects: list[str] = Field(default=[])
    longest_example: int = Field(default=4, ge=1, le=20)
    pilot: int = Field(default=400, ge=0)
    seed: int = Field(default=0, ge=0)

    def rules(self) -> DescentRules:
        """Return the rules of the descent; amounts are in coins.

        Raises
        ------
        ValueError
            If they contradict each other.
        """
        variant = VARIANTS[self.variant]
        return replace(
            variant,
            rounds=self.rounds,
            least=self.least,
            most=self.most if self.variant == "mtd" else self.least,
            minutes=self.minutes,
            pay=float(self.pay),
            bonuses=tuple(map(float, self.bonuses)) if variant.competitive else (),
            subjects=tuple(self.subjects),
        )


def read_teach_settings(path: Path) -> TeachSettings:
    """Read the settings of a served descent from a YAML file.

    Raises
    ------
    ValueError
        If the file is not valid. The message names the file, the field, and the allowed fields.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        settings = TeachSettings(**(content or {}))
        settings.rules()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path.absolute()} is not valid YAML: {reason}") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ValueError(_message(path, faults)) from error
    except (TypeError, ValueError) as error:
        raise ValueError(_message(path, [str(error)])) from error
    return settings


def load_learner(name: str, folder: Path | None = None) -> Any:
    """Return what makes a learner, given `package.module:name`.

    Parameters
    ----------
    name : str
        Its module, and its name there.
    folder : Path, optional
        A folder in which the module may be, besides where Python finds modules.

    Raises
    ------
    ValueError
        If it cannot be imported. The message says why.
    """
    module, attribute = name.split(":")
    if folder is not None and str(folder.absolute()) not in sys.path:
        sys.path.insert(0, str(folder.absolute()))
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"the learner {name} cannot be imported ({error}): give the name of a class in a "
            "module that is installed, or is beside the file of settings. The dragon's own learner "
            "needs `pip install 'gamelabel[models,service]'`"
        ) from error


def _message(path: Path, faults: list[str]) -> str:
    allowed = ", ".join(TeachSettings.model_fields)
    lines = "\n  ".join(faults)
    return (
        f"{path.absolute()} is not a valid file of a descent:\n  {lines}\n"
        f"It may have the fields {allowed}; docs/descent.md explains them."
    )
