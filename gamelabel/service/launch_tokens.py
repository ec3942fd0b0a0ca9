"""Signed words between a game and the service: launches that games sign, rewards that the service signs.

Both are JWTs with Ed25519 and nothing else: whatever algorithm a token's header asks for, another is refused.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import jwt

from gamelabel.service.keys import Keys, public_key
from gamelabel.service.problems import Problem

SERVICE = "gamelabel"  # the audience of launches, the issuer of rewards
LAUNCH_LASTS_S = 600  # longest life of a launch token: how long its use is remembered
REWARD_LASTS_S = 600
SKEW_S = 30  # by which a game's clock may be off
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Launch(NamedTuple):
    """A launch that has been verified: who plays, by the game's own name for them, and the launch's name."""

    player: str
    jti: str
    expires_s: int


def issuer(token: str) -> str:
    """The game that a token says it is from, not verified. Raises Problem 401 where it is no token."""
    try:
        named = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError, AttributeError) as error:
        raise _refused("it is no JWT") from error
    if not isinstance(named, str) or not _NAME.fullmatch(named):
        raise _refused("it names no game")
    return named


def verify_launch(token: str, game_id: str, written_keys: str, now_s: float) -> Launch:
    """Check a launch token with any of a game's keys. Raises Problem 401 with the reason."""
    trouble = "its signature is not the game's"
    for written in written_keys.split():
        try:
            claims = _decode(token, written, SERVICE, game_id, now_s, "launch+jwt")
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refused(str(error) or type(error).__name__) from error
        player, jti, expires = claims["sub"], claims["jti"], int(claims["exp"])
        if not 0 < len(player.encode()) <= 256:
            raise _refused("its sub is empty or longer than 256 bytes")
        if not _NAME.fullmatch(jti):
            raise _refused("its jti is not 1 to 64 letters, digits or _.:-")
        if expires > now_s + LAUNCH_LASTS_S + SKEW_S:
            raise _refused(f"it lasts longer than {LAUNCH_LASTS_S} s")
        return Launch(player, jti, expires)
    raise _refused(trouble)


def sign_launch(key: Any, game_id: str, player: str, jti: str, now_s: float) -> str:
    """A launch token, as a game's backend makes it with its private Ed25519 key."""
    claims = {
        "iss": game_id,
        "aud": SERVICE,
        "sub": player,
        "jti": jti,
        "iat": int(now_s),
        "exp": int(now_s) + 300,
    }
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"typ": "launch+jwt"})


def sign_reward(
    keys: Keys, game_id: str, reward: str, launch: str, amount: int, now_s: float
) -> str:
    """A reward as the service sends it: `jti` names the payment once and for all, `launch` whom to pay."""
    claims = {"iss": SERVICE, "aud": game_id, "jti": reward, "launch": launch, "amount": amount}
    claims |= {"iat": int(now_s), "exp": int(now_s) + REWARD_LASTS_S}
    return jwt.encode(
        claims, keys.signing, algorithm="EdDSA", headers={"typ": "reward+jwt", "kid": keys.key_id}
    )


def verify_reward(token: str, written_key: str, game_id: str, now_s: float) -> dict[str, Any]:
    """The claims of a reward, for a game's backend. Pay each `jti` once. Raises jwt.PyJWTError where it is not true."""
    return _decode(token, written_key, game_id, SERVICE, now_s, "reward+jwt", ("launch", "amount"))


def _decode(
    token: str,
    key: str,
    audience: str,
    issued_by: str,
    now_s: float,
    kind: str,
    more: tuple[str, ...] = ("sub",),
) -> dict[str, Any]:
    """Decode with the times judged by `now_s`, so that one clock rules everywhere."""
    options: Any = {
        "require": ["iss", "aud", "jti", "iat", "exp", *more],
        "verify_exp": False,
        "verify_iat": False,
    }
    options["strict_aud"] = True
    found = jwt.decode_complete(
        token,
        public_key(key),
        algorithms=["EdDSA"],
        audience=audience,
        issuer=issued_by,
        options=options,
    )
    claims = found["payload"]
    if found["header"].get("typ") != kind:
        raise jwt.InvalidTokenError(f"it is no {kind}")
    if any(type(claims[name]) is not int for name in ("iat", "exp")):
        raise jwt.InvalidTokenError("iat and exp must be whole seconds")
    if now_s > claims["exp"] + SKEW_S:
        raise jwt.ExpiredSignatureError("it has expired")
    if claims["iat"] > now_s + SKEW_S:
        raise jwt.ImmatureSignatureError("it is from the future: set the clocks")
    return claims


def _refused(why: str) -> Problem:
    return Problem(
        401, "launch", "This launch is not valid", f"The launch token was refused: {why}."
    )
