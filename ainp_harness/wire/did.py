"""Decentralized identifiers: did:key of Ed25519 both ways, and the syntax of did:web. No resolution here: that is I/O."""

from __future__ import annotations

import re
from functools import lru_cache

import base58
from nacl.bindings import crypto_core_ed25519_is_valid_point

from ainp_harness.wire.errors import ErrorCode, WireError

ED25519_MULTICODEC = b"\xed\x01"
"""varint of 0xed, "ed25519-pub" (multicodec table; did:key method, 3.1)."""

MAX_DID_LENGTH = 512

_WEB = re.compile(r"did:web:[A-Za-z0-9.-]+(?:%3[Aa][0-9]{1,5})?(?::(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*")


def did_key(public_key: bytes) -> str:
    """The did:key of an Ed25519 public key of 32 bytes: multibase z, base58btc, multicodec 0xed01."""
    if len(public_key) != 32:
        raise ValueError(f"an Ed25519 public key has 32 bytes, not {len(public_key)}")
    return "did:key:z" + base58.b58encode(ED25519_MULTICODEC + public_key).decode("ascii")


@lru_cache(maxsize=16_384)
def public_key_of(did: str) -> bytes:
    """The 32 bytes of the Ed25519 key that a did:key names.

    Raises:
        WireError: INVALID_DID, when it is no did:key of an Ed25519 key, or when the key has small order: everybody can sign for such a key.
    """
    if not did.startswith("did:key:z") or len(did) > MAX_DID_LENGTH:
        raise WireError(ErrorCode.INVALID_DID, "not a did:key in base58btc")
    if did.rstrip() != did:  # base58 would take off white space at the end: a second spelling of the same DID
        raise WireError(ErrorCode.INVALID_DID, "ends in white space")
    try:
        decoded = base58.b58decode(did.removeprefix("did:key:z"))
    except ValueError as error:
        raise WireError(ErrorCode.INVALID_DID, "not base58btc") from error
    if decoded[:2] != ED25519_MULTICODEC:
        raise WireError(ErrorCode.INVALID_DID, "the key is not Ed25519 (multicodec 0xed01)")
    if len(decoded) != 34:
        raise WireError(ErrorCode.INVALID_DID, f"an Ed25519 key has 32 bytes, this one {len(decoded) - 2}")
    key = decoded[2:]
    if not crypto_core_ed25519_is_valid_point(key):
        raise WireError(ErrorCode.INVALID_DID, "not a valid Ed25519 key, or one of small order")
    return key


def check_did(did: str) -> str:
    """Return a well-formed DID of the two methods of AINP as it is.

    Raises:
        WireError: INVALID_DID, for another method, a malformed did:key or a malformed did:web.
    """
    if did.startswith("did:key:"):
        public_key_of(did)
        return did
    if did.startswith("did:web:") and len(did) <= MAX_DID_LENGTH and _WEB.fullmatch(did):
        return did
    raise WireError(ErrorCode.INVALID_DID, "neither a well-formed did:key nor a well-formed did:web")
