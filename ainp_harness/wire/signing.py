"""Ed25519 signatures of envelopes in the three schemes in use (ERRATUM-01).

A signature covers every member of the envelope except `sig` (RFC-001, envelope). Signing and verifying are libsodium's: it refuses
keys of small order and signatures whose S is not reduced, which other libraries accept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from ainp_harness.wire.canonical import NotCanonical, canonical, sorted_json
from ainp_harness.wire.errors import ErrorCode, WireError


class Scheme(StrEnum):
    """What is signed."""

    JCS_SHA256 = "jcs-sha256"  # the SHA-256 of the RFC 8785 form (draft-00, signature format)
    JCS = "jcs"  # the RFC 8785 form itself (the field)
    SORTED_JSON = "sorted-json"  # JSON with the top-level keys sorted (the field)


def signed_bytes(envelope: dict[str, Any], scheme: Scheme, *, plain: bool = False) -> bytes:
    """The bytes over which a scheme signs: the envelope without `sig`. `plain` as in canonical.

    Raises:
        NotCanonical: the envelope has no canonical form.
    """
    unsigned = {key: value for key, value in envelope.items() if key != "sig"}
    match scheme:
        case Scheme.JCS_SHA256:
            return hashlib.sha256(canonical(unsigned, plain=plain)).digest()
        case Scheme.JCS:
            return canonical(unsigned, plain=plain)
        case Scheme.SORTED_JSON:
            return sorted_json(unsigned)


def sign(envelope: dict[str, Any], key: SigningKey, scheme: Scheme = Scheme.JCS_SHA256) -> dict[str, Any]:
    """A copy of the envelope with `sig`, standard base64 with padding."""
    signature = key.sign(signed_bytes(envelope, scheme)).signature
    return {**{name: value for name, value in envelope.items() if name != "sig"}, "sig": encode_base64(signature)}


def verify(envelope: dict[str, Any], public_key: bytes, schemes: Iterable[Scheme] = tuple(Scheme), *, plain: bool = False) -> Scheme:
    """The first of `schemes` under which `sig` is this key's signature of the envelope. `plain` as in canonical.

    Raises:
        WireError: INVALID_SIGNATURE, when sig is missing, is not strictly base64 of 64 bytes, or verifies under none of them.
    """
    signature = signature_of(envelope)
    verifier = VerifyKey(public_key)
    for scheme in schemes:
        try:
            verifier.verify(signed_bytes(envelope, scheme, plain=plain), signature)
        except BadSignatureError:
            continue
        except NotCanonical as error:
            raise WireError(ErrorCode.INVALID_ENVELOPE, str(error)) from error
        return scheme
    raise WireError(ErrorCode.INVALID_SIGNATURE, "the signature is not from_did's over this envelope", "sig")


def signature_of(envelope: dict[str, Any]) -> bytes:
    """The 64 bytes of `sig`.

    Raises:
        WireError: INVALID_SIGNATURE, when it is missing, empty, or not strictly base64 of 64 bytes.
    """
    sig = envelope.get("sig")
    if not isinstance(sig, str) or not sig:
        raise WireError(ErrorCode.INVALID_SIGNATURE, "missing: every message is signed", "sig")
    try:
        signature = decode_base64(sig)
    except ValueError as error:
        raise WireError(ErrorCode.INVALID_SIGNATURE, "not base64 in the standard alphabet with padding", "sig") from error
    if len(signature) != 64:
        raise WireError(ErrorCode.INVALID_SIGNATURE, f"an Ed25519 signature has 64 bytes, this one {len(signature)}", "sig")
    return signature


def encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Decode standard base64 strictly: padding required, no white space, no base64url, unused trailing bits zero.

    Raises:
        ValueError: anything else, so that one value has one spelling.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not strict base64") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("not strict base64: the unused trailing bits are not zero")
    return data
