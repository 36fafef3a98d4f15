"""Proof headers: how a request without an envelope shows whose it is: polling, confirming, replacing a registration, a WebSocket.

Signed, by Ed25519 directly, are METHOD, request-target, timestamp and the base64 of SHA-256 of the body, joined by newlines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.signing import decode_base64, encode_base64

DID_HEADER = "X-AINP-DID"
TIMESTAMP_HEADER = "X-AINP-Timestamp"
SIGNATURE_HEADER = "X-AINP-Signature"

SKEW_MS = 60_000
"""A proof's timestamp may be off by this much (draft-00, replay protection)."""


@dataclass(frozen=True)
class Proof:
    """The three headers, parsed but not yet verified."""

    did: str
    timestamp_ms: int
    signature: bytes


def proven_bytes(method: str, target: str, timestamp_ms: int, body: bytes) -> bytes:
    """What a proof signs. `target` is the path as sent, with '?' and the query where the query is not empty."""
    digest = encode_base64(hashlib.sha256(body).digest())
    return f"{method.upper()}\n{target}\n{timestamp_ms}\n{digest}".encode()


def proof_headers(key: SigningKey, did: str, *, method: str, target: str, timestamp_ms: int, body: bytes = b"") -> dict[str, str]:
    """The headers that prove a request to be `did`'s."""
    signature = key.sign(proven_bytes(method, target, timestamp_ms, body)).signature
    return {DID_HEADER: did, TIMESTAMP_HEADER: str(timestamp_ms), SIGNATURE_HEADER: encode_base64(signature)}


def read_proof(headers: Mapping[str, str]) -> Proof | None:
    """The proof that a request carries, or None where it carries none of the three headers. `headers` must ignore case.

    Raises:
        WireError: UNAUTHORIZED when some of the three are missing, INVALID_SIGNATURE when one is malformed.
    """
    did, timestamp, signature = (headers.get(name) for name in (DID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER))
    if did is None and timestamp is None and signature is None:
        return None
    if not did or not timestamp or not signature:
        raise WireError(ErrorCode.UNAUTHORIZED, f"a proof is the three headers {DID_HEADER}, {TIMESTAMP_HEADER} and {SIGNATURE_HEADER}")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 16):
        raise WireError(ErrorCode.INVALID_SIGNATURE, "not Unix milliseconds in decimal", TIMESTAMP_HEADER)
    try:
        decoded = decode_base64(signature)
    except ValueError as error:
        raise WireError(ErrorCode.INVALID_SIGNATURE, "not strict base64", SIGNATURE_HEADER) from error
    if len(decoded) != 64:
        raise WireError(ErrorCode.INVALID_SIGNATURE, "an Ed25519 signature has 64 bytes", SIGNATURE_HEADER)
    return Proof(did, int(timestamp), decoded)


def verify_proof(proof: Proof, public_key: bytes, *, method: str, target: str, body: bytes, now_ms: int, skew_ms: int = SKEW_MS) -> None:
    """Check a proof against the request it came with.

    Raises:
        WireError: INVALID_SIGNATURE, when the timestamp is off by more than the skew or the signature is not of this request.
    """
    if abs(now_ms - proof.timestamp_ms) > skew_ms:
        raise WireError(ErrorCode.INVALID_SIGNATURE, f"off by more than {skew_ms // 1000} s", TIMESTAMP_HEADER)
    try:
        VerifyKey(public_key).verify(proven_bytes(method, target, proof.timestamp_ms, body), proof.signature)
    except BadSignatureError as error:
        raise WireError(ErrorCode.INVALID_SIGNATURE, f"not {DID_HEADER}'s signature of this request", SIGNATURE_HEADER) from error
