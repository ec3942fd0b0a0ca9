"""Numbers about a game of Space Invaders, decoded from the emulator's memory, for learners.

Raw bytes mix counters with places and keep six aliens in one number. These are the aliens one by
one and the places of what moves. What the memory does not show here, such as the shields, a learner
does not see.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# rows of aliens from the bottom, six bits each
_ALIEN_BYTES = range(18, 24)
_COLUMNS = 6
# cannon, the block of aliens (down, across), aliens left, bombs (down, across), the cannon's shots
_PLACE_BYTES = (28, 16, 26, 17, 81, 82, 83, 84, 85, 86)
N_FEATURES = len(_ALIEN_BYTES) * _COLUMNS + len(_PLACE_BYTES)


def space_invaders_features(memory: ArrayLike) -> NDArray[np.float32]:
    """Return features of the memory after each frame.

    Parameters
    ----------
    memory : array_like of uint8, shape (..., 128)
        The emulator's memory.

    Returns
    -------
    ndarray of float32, shape (..., 46)
        Whether each of 36 aliens stands, as the game keeps them: the bottom row first, and in it
        the bits from the lowest. Then places and counts, divided by 100.

    Raises
    ------
    ValueError
        If it is not 128 bytes.

    Examples
    --------
    >>> memory = np.zeros(128, np.uint8)
    >>> memory[18], memory[28] = 0b000101, 76
    >>> features = space_invaders_features(memory)
    >>> features[:6].tolist(), round(float(features[36]), 2)
    ([1.0, 0.0, 1.0, 0.0, 0.0, 0.0], 0.76)
    """
    ram = np.asarray(memory, np.uint8)
    if ram.shape[-1:] != (128,):
        raise ValueError(f"the memory of the emulator is 128 bytes, not {ram.shape}")
    rows = ram[..., list(_ALIEN_BYTES), None]
    aliens = (rows >> np.arange(_COLUMNS, dtype=np.uint8)) & 1
    aliens = aliens.reshape(*ram.shape[:-1], -1)
    places = ram[..., list(_PLACE_BYTES)] / 100.0
    return np.concatenate([aliens, places], axis=-1).astype(np.float32)
