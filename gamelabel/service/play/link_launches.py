"""Launches of people who come by a link: the service signs what a game's backend would sign."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamelabel.service.keys import Keys, decode_base64url
from gamelabel.service.launch_tokens import sign_launch
from gamelabel.service.play.play_games import TURK
from gamelabel.service.problems import Problem
from gamelabel.service.settings import Settings


class Arrival(NamedTuple):
    """What a link and a browser say about a person.

    `visitor` is random and kept by the browser, so that the same browser is the same player. The
    others are Mechanical Turk's ids, empty on other channels. They are in the address and so no
    secret: a worker's account is that of worker and browser, and who knows the worker's id but
    not the random name gets an account without anything in it.
    """

    channel: str
    visitor: str = ""
    worker_id: str = ""
    assignment_id: str = ""
    hit_id: str = ""

    @property
    def account(self) -> str:
        """The id of the person that a launch names; only a pseudonym of it is stored."""
        if self.channel == TURK:
            return f"{TURK}:{self.worker_id}:{self.visitor}"
        return f"visitor:{self.visitor}"


def link_key(keys: Keys, game_id: str) -> Ed25519PrivateKey:
    """Return the key that signs the launches of a game's links: the same in every process."""
    return Ed25519PrivateKey.from_private_bytes(decode_base64url(keys.mark("link key", game_id)))


def sign_arrival(settings: Settings, game_id: str, arrival: Arrival) -> str:
    """Return a launch token of somebody who came by a link.

    Raises
    ------
    Problem
        422 if the link lacks what its channel needs.
    """
    if arrival.channel == TURK and not (arrival.worker_id and arrival.assignment_id):
        detail = "A link of Mechanical Turk has workerId and assignmentId; accept the HIT first."
        raise Problem(422, "preview", "This is a preview", detail)
    if not arrival.visitor:
        raise Problem(422, "invalid", "The visitor is missing", "Send a random id as `visitor`.")
    key = link_key(settings.keys, game_id)
    return sign_launch(
        key,
        game_id,
        arrival.account,
        jti=secrets.token_urlsafe(),
        now_s=settings.now_ms / 1000,
        audience=settings.audience,
        channel=arrival.channel,
        is_link=True,
    )
