"""The service's own secrets, in one file that all its processes share; and Ed25519 keys as text."""

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


@dataclass(frozen=True, repr=False)
class Keys:
    """What only the service knows: `secret`, from which pseudonyms and session tokens come, and what signs rewards."""

    secret: bytes
    signing: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        """Names the signing key in every reward, so that a game knows which public key to take."""
        return text(hashlib.sha256(self.public.encode()).digest())[:16]

    @property
    def public(self) -> str:
        """The public half of the signing key."""
        return text(self.signing.public_key().public_bytes_raw())

    @property
    def operator(self) -> str:
        """What opens the operator's port."""
        return self.mark("operator")

    def mark(self, purpose: str, *parts: str) -> str:
        """A name that only the service can make: HMAC-SHA256 over the parts, 43 characters."""
        message = b"".join(
            len(p.encode()).to_bytes(4, "big") + p.encode() for p in (purpose, *parts)
        )
        return text(hmac.digest(self.secret, message, "sha256"))


def text(raw: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_key(written: str) -> Ed25519PublicKey:
    """An Ed25519 public key from its text. Raises ValueError where it is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(
            base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
        )
    except (ValueError, InvalidKey) as error:
        raise ValueError(
            f"{written!r} is no Ed25519 public key: give its 32 bytes as base64url"
        ) from error


def new_keys() -> Keys:
    """Fresh keys, nowhere kept."""
    return Keys(secrets.token_bytes(32), Ed25519PrivateKey.generate())


def load_keys(path: Path) -> Keys:
    """The keys in a file; a first call makes it, readable by its owner alone.

    Keep a copy: with the secret lost, returning players are strangers, removed ones too. Raises ValueError where the
    file is not such a file, or others can read it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = new_keys()
    content = {"secret": text(fresh.secret), "signing": text(fresh.signing.private_bytes_raw())}
    if path.exists():
        return _read(path)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, encoding="utf-8"
    ) as out:  # readable by its owner alone
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
        try:
            os.link(
                out.name, path
            )  # whole or not at all: other processes may start at the same time
        except FileExistsError:
            return _read(path)
    return fresh


def _read(path: Path) -> Keys:
    if path.stat().st_mode & 0o077:
        raise ValueError(f"others can read the keys in {path}: chmod 600 {path}")
    try:
        raw = {
            name: base64.urlsafe_b64decode(value + "==")
            for name, value in json.loads(path.read_text()).items()
        }
        return Keys(raw["secret"], Ed25519PrivateKey.from_private_bytes(raw["signing"]))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(
            f"{path} holds no keys of this service ({error}): put its copy there"
        ) from error
