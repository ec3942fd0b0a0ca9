"""The recordings of a service that runs elsewhere, fetched over HTTP from the operator's port."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx

_GAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a name of files here, whatever a server answers
_LOCAL = ("127.0.0.1", "localhost", "::1")
_TIMEOUT_S = 60.0


class RecordingsServer:
    """A service as a source for `gamelabel.games.play.recorded_copies.fetch_games`.

    Parameters
    ----------
    address : str
        Of the operator's port, such as ``http://127.0.0.1:8001``.
    key : str
        An operator's key.
    transport : httpx.BaseTransport, optional
        How requests are sent, for tests.

    Raises
    ------
    ValueError
        If the address is not one of https, or of this machine: the key would be sent unencrypted.
    """

    def __init__(
        self, address: str, key: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        parts = urlsplit(address)
        is_local = parts.scheme == "http" and parts.hostname in _LOCAL
        if not parts.hostname or not (parts.scheme == "https" or is_local):
            raise ValueError(
                f"{address!r} must begin with https://, or http://127.0.0.1: for the operator's "
                "port of another machine, forward it with ssh -L"
            )
        self.address = address
        self._client = httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {key}"},
            timeout=_TIMEOUT_S,
            transport=transport,
        )

    def games(self) -> list[str]:
        """Return the ids of the games whose recordings are complete.

        Raises
        ------
        ValueError
            If the key is wrong, or the service is another one.
        ConnectionError
            If it cannot be reached.
        """
        reply = self._get("")
        self._check(reply)
        try:
            names: Any = reply.json()
        except ValueError:
            names = None
        is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
        if not is_list or not all(_GAME.fullmatch(name) for name in names):
            raise ValueError(f"{self.address} does not answer with ids of games")
        return list(names)

    def read(self, table: str, game: str) -> bytes:
        """Return the file with a game's part of a table.

        Raises
        ------
        FileNotFoundError
            If the game was deleted meanwhile.
        ConnectionError
            If the connection ends before all has arrived.
        """
        reply = self._get(f"/{game}/{table}")
        if reply.status_code == httpx.codes.NOT_FOUND:
            raise FileNotFoundError(f"{self.address} has no recording {game} any more")
        self._check(reply)
        return reply.content

    def _get(self, path: str) -> httpx.Response:
        try:
            return self._client.get(f"/v1/play/recordings{path}")
        except httpx.HTTPError as error:
            raise ConnectionError(
                f"the connection to {self.address} failed: {error}; the games that have arrived "
                "are kept, and the same call goes on"
            ) from error

    def _check(self, reply: httpx.Response) -> None:
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            raise ValueError(f"{self.address} does not know this operator's key")
        if not reply.is_success:
            raise ValueError(
                f"{self.address} answers {reply.status_code}: is it the operator's port of "
                "`gamelabel serve --play`?"
            )
