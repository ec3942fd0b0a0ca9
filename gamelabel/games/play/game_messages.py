"""What a game's process and its server say to each other."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gamelabel.games.play.loop import StatisticValues

HEAD = struct.Struct("<IB")  # length of the rest without the kind, kind
FRAME_HEAD = struct.Struct("<I")
_FRAME, _JSON = 0, 1


@dataclass(frozen=True, slots=True)
class FrameMessage:
    """A frame to show.

    Attributes
    ----------
    frame : int
        Its number in the episode.
    content : bytes
        The picture, of `gamelabel.games.play.frame_codec`, relative to the frame message before.
    episode : int
        Number of the episode in the game, from 0.
    """

    frame: int
    content: bytes
    episode: int


@dataclass(frozen=True)
class ReadyMessage:
    """The game can begin: its seats, and the controls as actions of the environment."""

    keys: Mapping[str, Any]
    buttons: list[Any]
    idle: Mapping[str, Any]
    fallbacks: list[str]
    """Seats with a policy that can take over."""


@dataclass(frozen=True)
class ProgressMessage:
    """The statistics so far, by seat and name: of the session, and of the episode."""

    session: StatisticValues
    episode: StatisticValues
    scores: Mapping[str, float]
    controllers: Mapping[str, str]


@dataclass(frozen=True)
class EpisodeEnded:
    """An episode is over; the next one begins on request."""

    episode_id: str
    frames: int
    ended: str
    scores: Mapping[str, float]
    session: StatisticValues
    episode: StatisticValues


@dataclass(frozen=True)
class GameEnded:
    """The game is over.

    Attributes
    ----------
    reason : str
        "left", or what `RunningGame.stop` was given; "crashed" if the environment failed.
    detail : str
        What failed, in a sentence.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True)
class ActionRefused:
    """An action that the environment does not have, or that came when it could not count."""

    seat: str
    reason: str


@dataclass(frozen=True)
class StillAlive:
    """The process waits and is well."""


GameMessage = (
    FrameMessage
    | ReadyMessage
    | ProgressMessage
    | EpisodeEnded
    | GameEnded
    | ActionRefused
    | StillAlive
)
_KINDS = {
    kind.__name__: kind
    for kind in (
        ReadyMessage,
        ProgressMessage,
        EpisodeEnded,
        GameEnded,
        ActionRefused,
        StillAlive,
    )
}


def pack_message(message: GameMessage) -> bytes:
    """Return a message as bytes.

    Examples
    --------
    >>> messages = [FrameMessage(3, b"picture", 0), GameEnded("left")]
    >>> received = b"".join(pack_message(message) for message in messages)
    >>> list(MessageReader().feed(received)) == messages
    True
    """
    if isinstance(message, FrameMessage):
        content = FRAME_HEAD.pack(message.frame) + FRAME_HEAD.pack(message.episode)
        content += message.content
        return HEAD.pack(len(content), _FRAME) + content
    content = json.dumps([type(message).__name__, asdict(message)]).encode()
    return HEAD.pack(len(content), _JSON) + content


@dataclass
class MessageReader:
    """Reads messages from a stream that arrives in pieces."""

    _rest: bytearray = field(default_factory=bytearray)

    def feed(self, content: bytes) -> Iterator[GameMessage]:
        """Give the messages that are complete with these bytes."""
        self._rest += content
        place = 0
        while len(self._rest) - place >= HEAD.size:
            length, kind = HEAD.unpack_from(self._rest, place)
            end = place + HEAD.size + length
            if len(self._rest) < end:
                break
            yield _unpack(kind, bytes(self._rest[place + HEAD.size : end]))
            place = end
        del self._rest[:place]


def _unpack(kind: int, content: bytes) -> GameMessage:
    if kind == _FRAME:
        (frame,) = FRAME_HEAD.unpack_from(content)
        (episode,) = FRAME_HEAD.unpack_from(content, FRAME_HEAD.size)
        return FrameMessage(frame, content[2 * FRAME_HEAD.size :], episode)
    name, values = json.loads(content)
    message: GameMessage = _KINDS[name](**values)
    return message
