"""The service's own secrets, in one file for all its processes, and Ed25519 keys as text."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_OTHERS_MAY_ACCESS = 0o077  # any permission of the file's group or of everybody


@dataclass(frozen=True, repr=False)
class Keys:
    """The service's secrets.

    Parameters
    ----------
    secret : bytes
        Pseudonyms and session tokens are derived from it.
    signing : Ed25519PrivateKey
        Signs rewards.
    others : tuple of Ed25519PrivateKey
        Keys that games accept too while the key is changed: the next one, or the one before.
    """

    secret: bytes
    signing: Ed25519PrivateKey
    others: tuple[Ed25519PrivateKey, ...] = ()

    @property
    def key_id(self) -> str:
        """The name of the signing key in every reward: it tells a game which public key to use."""
        return _key_id(self.public)

    @property
    def public(self) -> str:
        """The public half of the signing key."""
        return public_text(self.signing)

    @property
    def published(self) -> dict[str, str]:
        """The public keys that games accept, by their ids; the one that signs is first."""
        keys = [public_text(key) for key in (self.signing, *self.others)]
        return {_key_id(key): key for key in keys}

    def mark(self, purpose: str, *parts: str) -> str:
        """Return a name that only the service can make: HMAC-SHA256, 43 characters."""
        encoded = [part.encode() for part in (purpose, *parts)]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
        return encode_base64url(hmac.digest(self.secret, message, "sha256"))


def encode_base64url(raw: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Return the bytes of a text in base64url, with or without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _key_id(public: str) -> str:
    """Return the id of a public key."""
    return encode_base64url(hashlib.sha256(public.encode()).digest())[:16]


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public half of a private key as text."""
    return encode_base64url(key.public_key().public_bytes_raw())


def public_key(text: str) -> Ed25519PublicKey:
    """Return an Ed25519 public key from its text. Raises ValueError if it is not one."""
    try:
        return Ed25519PublicKey.from_public_bytes(decode_base64url(text))
    except (ValueError, InvalidKey) as error:
        raise ValueError(
            f"{text!r} is not an Ed25519 public key: write its 32 bytes as base64url"
        ) from error


def new_keys() -> Keys:
    """Make new keys, without storing them."""
    return Keys(secrets.token_bytes(32), Ed25519PrivateKey.generate())


def load_keys(path: Path) -> Keys:
    """Read the keys from a file, or make it, readable only by its owner.

    Keep a copy of the file. Without the secret, returning players are not recognized, and those
    who were removed may play again. `signing` in the file is a private key, or a list of them:
    the first signs, and games accept all.

    Raises
    ------
    ValueError
        If the file is not valid, or others than its owner can access it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return _read(path)
    keys = new_keys()
    signing = encode_base64url(keys.signing.private_bytes_raw())
    content = {"secret": encode_base64url(keys.secret), "signing": signing}
    return keys if make_private_file(path, json.dumps(content)) else _read(path)


def make_private_file(path: Path, content: str) -> bool:
    """Make a file that only its owner can access; return False if it exists already."""
    # a temporary file is readable only by its owner
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)  # fails if another process has made the file meanwhile
        except FileExistsError:
            return False
    return True


def check_private(path: Path) -> None:
    """Raise ValueError if others than its owner can access a file of keys."""
    if path.stat().st_mode & _OTHERS_MAY_ACCESS:
        raise ValueError(
            f"users other than the owner can access the keys in {path}: chmod 600 {path}"
        )


def _read(path: Path) -> Keys:
    check_private(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        texts = content["signing"]
        texts = [texts] if isinstance(texts, str) else texts
        raw_keys = map(decode_base64url, texts)
        signing, *others = map(Ed25519PrivateKey.from_private_bytes, raw_keys)
        return Keys(decode_base64url(content["secret"]), signing, tuple(others))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} does not hold keys of this service ({error}): restore its copy"
        ) from error
