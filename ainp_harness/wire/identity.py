"""Seeded identities: throw-away keys and ids as functions of (seed, purpose ...), so that order and subsets of a run don't change them."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from nacl.signing import SigningKey

from ainp_harness.wire.did import did_key
from ainp_harness.wire.proof import proof_headers
from ainp_harness.wire.signing import Scheme, encode_base64, sign


def derive(seed: str, *purpose: object) -> bytes:
    """32 bytes that depend on the seed and the purpose alone. Each part is length-prefixed: ("a", "bc") is not ("ab", "c")."""
    digest = hashlib.sha256()
    for part in (seed, *purpose):
        text = str(part).encode()
        digest.update(len(text).to_bytes(4, "big") + text)
    return digest.digest()


def derived_uuid(seed: str, *purpose: object) -> str:
    """A UUID version 4 in form, derived from the seed: what an envelope's id must look like (draft-00, envelope fields)."""
    return str(uuid.UUID(bytes=derive(seed, "uuid", *purpose)[:16], version=4))


@dataclass(frozen=True)
class Identity:
    """A key and its did:key."""

    key: SigningKey = field(repr=False)
    did: str

    @classmethod
    def derived(cls, seed: str, *purpose: object) -> Identity:
        """The identity of (seed, purpose ...)."""
        key = SigningKey(derive(seed, "key", *purpose))
        return cls(key, did_key(bytes(key.verify_key)))

    @property
    def public_key(self) -> bytes:
        return bytes(self.key.verify_key)

    @property
    def public_key_base64(self) -> str:
        return encode_base64(self.public_key)

    def sign(self, envelope: dict[str, Any], scheme: Scheme = Scheme.JCS_SHA256) -> dict[str, Any]:
        """A copy of the envelope, signed by this key."""
        return sign(envelope, self.key, scheme)

    def prove(self, *, method: str, target: str, timestamp_ms: int, body: bytes = b"") -> dict[str, str]:
        """Proof headers for a request, by this key."""
        return proof_headers(self.key, self.did, method=method, target=target, timestamp_ms=timestamp_ms, body=body)
