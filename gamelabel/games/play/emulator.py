"""The Atari emulator inside an environment: its screen, memory and state.

Neither of the two packages with an emulator, `ale-py` and `multi-agent-ale-py`, is imported here:
the emulator is reached through the environment.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gamelabel.games.play.pictures import MOST_COLORS, ScreenPicture, changed_rows


class Emulator:
    """The emulator of one environment, for one player or several.

    Parameters
    ----------
    ale : ALEInterface
        Of either package.
    rom : Path or None
        The file of the game.
    """

    def __init__(self, ale: Any, rom: Path | None) -> None:
        self.ale = ale
        self._for_several = hasattr(ale, "encodeState")
        self.rom = rom
        width_height = ale.getScreenDims()
        # ale-py gives (height, width), multi-agent-ale-py (width, height): screens are upright.
        self.shape = (max(width_height), min(width_height))
        self._palette = np.zeros((MOST_COLORS, 3), np.uint8)
        self._number = np.full(MOST_COLORS, -1, np.int16)  # the emulator's color -> ours
        self._known = 0
        self._shown = ~self.screen()  # every row of the first picture is new
        self._picture = ScreenPicture(np.zeros(self.shape, np.uint8), self._palette[:0])

    def screen(self) -> NDArray[np.uint8]:
        """Return the screen in the emulator's colors, shape (height, width)."""
        screen: NDArray[np.uint8] = self.ale.getScreen()
        return screen.reshape(self.shape)

    def gray(self) -> NDArray[np.uint8]:
        """Return the screen in the emulator's gray levels, shape (height, width)."""
        gray: NDArray[np.uint8] = self.ale.getScreenGrayscale()
        return gray.reshape(self.shape)

    def rgb(self) -> NDArray[np.uint8]:
        """Return the screen in RGB, shape (height, width, 3)."""
        rgb: NDArray[np.uint8] = self.ale.getScreenRGB()
        return rgb.reshape(*self.shape, 3)

    def picture(self) -> ScreenPicture:
        """Return the screen with a palette of the colors that occurred so far."""
        screen = self.screen()
        changed = changed_rows(screen, self._shown)
        if not changed.any():
            return self._picture
        numbers = self._number[screen[changed]]
        if (numbers < 0).any():
            rgb = self.rgb()
            for color in np.unique(screen[changed][numbers < 0]):
                self._number[color] = self._known
                self._palette[self._known] = rgb[screen == color][0]
                self._known += 1
            numbers = self._number[screen[changed]]
        pixels = self._picture.pixels.copy()
        pixels[changed] = numbers
        self._shown = screen.copy()
        self._picture = ScreenPicture(pixels, self._palette[: self._known])
        return self._picture

    def memory(self) -> NDArray[np.uint8]:
        """Return a copy of the RAM, shape (128,)."""
        return np.array(self.ale.getRAM(), np.uint8)

    def save_state(self) -> bytes:
        """Return the state of the whole console, with its random numbers if actions stick."""
        if not self._for_several:
            sticks = self.ale.getFloat("repeat_action_probability") > 0
            state: bytes = self.ale.cloneState(include_rng=sticks).serialize()
            return state
        reference = self.ale.cloneSystemState()
        try:
            return bytes(self.ale.encodeState(reference))
        finally:
            self.ale.deleteState(reference)

    def load_state(self, state: bytes) -> None:
        """Put the console into a state that `save_state` returned."""
        if not self._for_several:
            self.ale.restoreState(type(self.ale.cloneState())(state))
            return
        reference = self.ale.decodeState(np.frombuffer(state, np.uint8).copy())
        try:
            self.ale.restoreSystemState(reference)
        finally:
            self.ale.deleteState(reference)

    def rom_md5(self) -> str:
        """Return the MD5 of the game, by which collections of games name it; "" if unknown."""
        if self.rom is None or not self.rom.is_file():
            return ""
        return hashlib.md5(self.rom.read_bytes(), usedforsecurity=False).hexdigest()


def find_emulator(environment: Any) -> Emulator | None:
    """Return the emulator of a Gymnasium or PettingZoo environment, None if it has none."""
    unwrapped = getattr(environment, "unwrapped", environment)
    for owner in (unwrapped, getattr(unwrapped, "env", None)):
        ale = getattr(owner, "ale", None)
        if ale is not None and hasattr(ale, "getScreenGrayscale"):
            return Emulator(ale, _rom(owner))
    return None


def _rom(owner: Any) -> Path | None:
    if hasattr(owner, "rom_path"):  # PettingZoo
        return Path(owner.rom_path)
    game = getattr(owner, "_game", None)  # ale-py's environment
    module = sys.modules[type(owner).__module__.partition(".")[0]]
    folder = Path(module.__file__ or "").parent / "roms"
    return folder / f"{game}.bin" if game else None
