"""Signed tokens between a game and the service: launches from the game, rewards to the game.

Both are JSON Web Tokens (RFC 7519) with Ed25519 signatures. A token that asks for another
algorithm in its header is refused.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamelabel.service.keys import Keys, public_key
from gamelabel.service.problems import Problem

SERVICE = "gamelabel"  # the audience of launches to label, and the issuer of rewards
LAUNCH_S = 300  # the lifetime of a launch token from `sign_launch`
LONGEST_LAUNCH_S = 600  # the longest lifetime: how long the use of a token is remembered
REWARD_S = 600  # the lifetime of a reward token
SKEW_S = 30  # by which a game's clock may differ
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_CHANNEL = re.compile(r"[a-z0-9_-]{0,32}")


class Launch(NamedTuple):
    """A verified launch: the player's id in the game, and the launch's own id."""

    player: str
    jti: str
    expires_s: int
    account_days: int | None
    """The age of the player's account, if the game says it."""
    channel: str
    """How the player was recruited; empty if the token does not say it."""
    is_link: bool
    """Whether the service signed it itself, for somebody who came by a link."""


def token_issuer(token: str) -> str:
    """Return the game that a token claims to be from; the signature is not verified.

    Raises
    ------
    Problem
        401 if the text is not a token.
    """
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError, AttributeError) as error:
        raise _refused("it is not a JSON Web Token") from error
    if not isinstance(issuer, str) or not _NAME.fullmatch(issuer):
        raise _refused("it does not name a game")
    return issuer


def verify_launch(
    token: str, game_id: str, launch_keys: str, now_s: float, audience: str = SERVICE
) -> Launch:
    """Verify a launch token.

    Parameters
    ----------
    token : str
        The token.
    game_id : str
        The game that it must be from.
    launch_keys : str
        The game's public keys, one a line; any of them may have signed.
    now_s : float
        The time in seconds since 1970.
    audience : str
        What the launch must be for: a launch to play does not let anybody label.

    Raises
    ------
    Problem
        401 with the reason if the token is not valid.
    """
    for key in launch_keys.split():
        try:
            claims = _decode(
                token,
                key,
                audience=audience,
                issuer=game_id,
                now_s=now_s,
                kind="launch+jwt",
                required=("sub",),
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidAudienceError as error:
            raise _refused(f"its aud is not {audience}") from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refused(str(error) or type(error).__name__) from error
        launch = Launch(
            player=claims["sub"],
            jti=claims["jti"],
            expires_s=int(claims["exp"]),
            account_days=claims.get("account_days"),
            channel=claims.get("channel", ""),
            is_link=claims.get("link", False) is True,
        )
        _check_claims(launch, now_s)
        return launch
    raise _refused("its signature is not the game's")


def _check_claims(launch: Launch, now_s: float) -> None:
    try:
        length = len(launch.player.encode())
    except UnicodeEncodeError as error:
        raise _refused("its sub is not valid Unicode") from error
    if not 0 < length <= 256:
        raise _refused("its sub is empty or longer than 256 bytes")
    if not _NAME.fullmatch(launch.jti):
        raise _refused("its jti is not 1 to 64 letters, digits or _.:-")
    if launch.account_days is not None and type(launch.account_days) is not int:
        raise _refused("its account_days is not a whole number")
    if not isinstance(launch.channel, str) or not _CHANNEL.fullmatch(launch.channel):
        raise _refused("its channel is not up to 32 of a to z, 0 to 9, _ and -")
    if launch.expires_s > now_s + LONGEST_LAUNCH_S + SKEW_S:
        raise _refused(f"its lifetime is longer than {LONGEST_LAUNCH_S} s")


def sign_launch(
    key: Ed25519PrivateKey,
    game_id: str,
    player: str,
    jti: str,
    now_s: float,
    account_days: int | None = None,
    audience: str = SERVICE,
    channel: str = "",
    is_link: bool = False,
) -> str:
    """Sign a launch token, as a game's backend does.

    Parameters
    ----------
    key : Ed25519PrivateKey
        The game's private key.
    game_id : str
        The game's id.
    player : str
        The player's id in the game. The service stores only a pseudonym.
    jti : str
        The launch's id, new for each launch.
    now_s : float
        The time in seconds since 1970.
    account_days : int, optional
        The age of the player's account in the game, in whole days.
    audience : str
        What the launch is for: to label, or `play_games.PLAY` to play.
    channel : str
        How the player was recruited, for games that are played.
    is_link : bool
        Whether the service signs it itself, for somebody who came by a link.
    """
    claims = {
        "iss": game_id,
        "aud": audience,
        "sub": player,
        "jti": jti,
        "iat": int(now_s),
        "exp": int(now_s) + LAUNCH_S,
    }
    if account_days is not None:
        claims["account_days"] = account_days
    if channel:
        claims["channel"] = channel
    if is_link:
        claims["link"] = True
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"typ": "launch+jwt"})


def sign_reward(
    keys: Keys, game_id: str, reward_id: str, launch: str, amount: int, now_s: float
) -> str:
    """Sign a reward token, as the service does.

    Parameters
    ----------
    keys : Keys
        The service's keys.
    game_id : str
        The game that pays.
    reward_id : str
        The payment's id, its `jti`.
    launch : str
        The id of the launch, which tells the game whom to pay.
    amount : int
        How many coins.
    now_s : float
        The time in seconds since 1970.
    """
    claims = {
        "iss": SERVICE,
        "aud": game_id,
        "jti": reward_id,
        "launch": launch,
        "amount": amount,
        "iat": int(now_s),
        "exp": int(now_s) + REWARD_S,
    }
    headers = {"typ": "reward+jwt", "kid": keys.key_id}
    return jwt.encode(claims, keys.signing, algorithm="EdDSA", headers=headers)


def verify_reward(token: str, service_keys: str, game_id: str, now_s: float) -> dict[str, Any]:
    """Verify a reward token, as a game's backend does, and return its claims.

    Pay each `jti` once: the same reward may arrive several times.

    Parameters
    ----------
    token : str
        The body of the request.
    service_keys : str
        The service's public keys, as `/v1/keys` shows them, one a line; any of them may have
        signed.
    game_id : str
        The game's id.
    now_s : float
        The time in seconds since 1970.

    Raises
    ------
    jwt.PyJWTError
        If the token is not valid.
    """
    for key in service_keys.split():
        try:
            return _decode(
                token,
                key,
                audience=game_id,
                issuer=SERVICE,
                now_s=now_s,
                kind="reward+jwt",
                required=("launch", "amount"),
            )
        except jwt.InvalidSignatureError:
            continue
    raise jwt.InvalidSignatureError("none of the service's keys signed it")


def _decode(
    token: str,
    key: str,
    *,
    audience: str,
    issuer: str,
    now_s: float,
    kind: str,
    required: tuple[str, ...],
) -> dict[str, Any]:
    """Verify a token and return its claims; its times are checked against `now_s`."""
    decoded = jwt.decode_complete(
        token,
        public_key(key),
        algorithms=["EdDSA"],
        audience=audience,
        issuer=issuer,
        options={
            "require": ["iss", "aud", "jti", "iat", "exp", *required],
            "verify_exp": False,
            "verify_iat": False,
            "strict_aud": True,
        },
    )
    claims: dict[str, Any] = decoded["payload"]
    if decoded["header"].get("typ") != kind:
        raise jwt.InvalidTokenError(f"its typ is not {kind}")
    if any(type(claims[name]) is not int for name in ("iat", "exp")):
        raise jwt.InvalidTokenError("iat and exp must be whole seconds")
    if now_s > claims["exp"] + SKEW_S:
        raise jwt.ExpiredSignatureError("it has expired")
    if claims["iat"] > now_s + SKEW_S:
        raise jwt.ImmatureSignatureError("it was issued in the future: set the clocks")
    return claims


def _refused(reason: str) -> Problem:
    detail = f"The launch token was refused: {reason}."
    return Problem(401, "launch", "This launch is not valid", detail)
