"""Which versions of what made a recording."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from gamelabel.files import sha256
from gamelabel.games.play.environments import Environment


def versions_of(environment: Environment) -> dict[str, str]:
    """Return the versions on which the frames of an environment depend.

    Returns
    -------
    dict of str to str
        The versions of Python and NumPy; of the packages that define the environment, or the
        SHA-256 of its module where it belongs to none; ``rom_md5`` for an Atari game.
    """
    versions = {"python": platform.python_version(), "numpy": metadata.version("numpy")}
    wrapped: Any = environment.wrapped
    for thing in (wrapped, getattr(wrapped, "unwrapped", wrapped)):
        versions.update(_of_module(type(thing).__module__))
    if environment.emulator is not None:
        versions["rom_md5"] = environment.emulator.rom_md5()
        versions.update(_of_module(type(environment.emulator.ale).__module__))
    return dict(sorted(versions.items()))


@cache
def _packages() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()  # takes most of a second


def _of_module(module: str) -> dict[str, str]:
    package = module.partition(".")[0]
    names = _packages().get(package, [])
    if names:
        return {names[0]: metadata.version(names[0])}
    file = getattr(sys.modules.get(module), "__file__", None)
    return {f"{module} (sha256)": sha256(Path(file))} if file else {}
