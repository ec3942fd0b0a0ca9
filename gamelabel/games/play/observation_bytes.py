"""Observations of any space as bytes, for hashes and for recordings that cannot be replayed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Format = Any
"""JSON that describes an observation: ``[dtype, shape]`` for an array,
``{"keys": [[key, format]]}`` for a dictionary, ``{"tuple": [format]}`` for a tuple."""


def to_bytes(observation: Any) -> bytes:
    """Return the bytes of an observation: its arrays one after the other.

    Examples
    --------
    >>> to_bytes((np.uint8(1), {"b": np.uint8(3), "a": np.uint8(2)})).hex()
    '010203'
    """
    if isinstance(observation, Mapping):
        return b"".join(to_bytes(observation[key]) for key in sorted(observation))
    if isinstance(observation, tuple | list):
        return b"".join(to_bytes(part) for part in observation)
    if isinstance(observation, str):
        return observation.encode() + b"\0"
    return np.ascontiguousarray(observation).tobytes()


def format_of(observation: Any) -> Format:
    """Return the format of an observation, with which `from_bytes` reads its bytes.

    Raises
    ------
    ValueError
        If it holds something other than numbers.

    Examples
    --------
    >>> format_of(np.zeros((2, 3), np.float32))
    ['<f4', [2, 3]]
    """
    if isinstance(observation, Mapping):
        return {"keys": [[key, format_of(observation[key])] for key in sorted(observation)]}
    if isinstance(observation, tuple | list):
        return {"tuple": [format_of(part) for part in observation]}
    array = np.asarray(observation)
    if array.dtype.kind not in "biufc":
        raise ValueError(f"observations of {array.dtype} cannot be stored; numbers can")
    return [array.dtype.str, list(array.shape)]


def from_bytes(content: bytes, form: Format) -> Any:
    """Return the observation of some bytes and a format.

    Examples
    --------
    >>> observation = (np.arange(3), {"x": np.float32(0.5)})
    >>> from_bytes(to_bytes(observation), format_of(observation))
    (array([0, 1, 2]), {'x': array(0.5, dtype=float32)})
    """
    observation, rest = _read(memoryview(content), form)
    if rest:
        raise ValueError(f"{len(rest)} bytes are left after an observation of {form}")
    return observation


def _read(content: memoryview, form: Format) -> tuple[Any, memoryview]:
    if isinstance(form, list):
        dtype, shape = np.dtype(form[0]), tuple(form[1])
        size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(content[:size], dtype).reshape(shape).copy(), content[size:]
    if "tuple" in form:
        parts = []
        for part_form in form["tuple"]:
            part, content = _read(content, part_form)
            parts.append(part)
        return tuple(parts), content
    values = {}
    for key, part_form in form["keys"]:
        values[key], content = _read(content, part_form)
    return values, content
