"""Proof headers: the bytes that are signed, and every way in which a proof is none."""

from __future__ import annotations

import base64

import pytest
from nacl.signing import SigningKey

from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.proof import Proof, proof_headers, proven_bytes, read_proof, verify_proof

KEY = SigningKey(bytes(32))
PUBLIC = bytes(KEY.verify_key)
DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
NOW_MS = 1_790_000_000_000
TARGET = f"/api/v1/inbox/{DID}?limit=50"

EMPTY_BODY = f"GET\n{TARGET}\n1790000000000\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".encode()
WITH_BODY = b"POST\n/p\n1790000000000\nRBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="
"""SHA-256 of the empty body and of '{}', in base64."""


def headers(**changes: str | None) -> dict[str, str]:
    made: dict[str, str | None] = dict(proof_headers(KEY, DID, method="GET", target=TARGET, timestamp_ms=NOW_MS))
    made |= {f"X-AINP-{name}": value for name, value in changes.items()}
    return {name: value for name, value in made.items() if value is not None}


def check(proof: Proof, **changes: object) -> None:
    request = {"method": "GET", "target": TARGET, "body": b"", "now_ms": NOW_MS, **changes}
    verify_proof(proof, PUBLIC, **request)  # type: ignore[arg-type]


def test_what_a_proof_signs() -> None:
    assert proven_bytes("get", TARGET, NOW_MS, b"") == EMPTY_BODY
    assert proven_bytes("POST", "/p", NOW_MS, b"{}") == WITH_BODY


def test_the_signature_is_over_those_bytes() -> None:
    assert headers() == {
        "X-AINP-DID": DID,
        "X-AINP-Timestamp": "1790000000000",
        "X-AINP-Signature": base64.b64encode(KEY.sign(EMPTY_BODY).signature).decode(),
    }


def test_a_right_proof_is_read_and_verified() -> None:
    proof = read_proof(headers())

    assert proof is not None
    assert (proof.did, proof.timestamp_ms) == (DID, NOW_MS)
    check(proof)


def test_no_header_is_no_proof() -> None:
    assert read_proof({"accept": "application/json"}) is None


@pytest.mark.parametrize("name", ["DID", "Timestamp", "Signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_part_of_a_proof_is_unauthorized(name: str, value: str | None) -> None:
    with pytest.raises(WireError) as refusal:
        read_proof(headers(**{name: value}))
    assert refusal.value.code is ErrorCode.UNAUTHORIZED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Timestamp", "1790000000000.0"),
        ("Timestamp", "-1"),
        ("Timestamp", "1e12"),
        ("Timestamp", " 1790000000000"),
        ("Timestamp", "١٧٩"),
        ("Timestamp", "1" * 17),
        ("Signature", "x"),
        ("Signature", "A" * 86),
        ("Signature", base64.b64encode(bytes(63)).decode()),
        ("Signature", base64.urlsafe_b64encode(b"\xff" * 64).decode()),
    ],
)
def test_a_malformed_header_is_an_invalid_signature(name: str, value: str) -> None:
    with pytest.raises(WireError) as refusal:
        read_proof(headers(**{name: value}))
    assert (refusal.value.code, refusal.value.member) == (ErrorCode.INVALID_SIGNATURE, f"X-AINP-{name}")


@pytest.mark.parametrize(
    "change",
    [{"method": "POST"}, {"target": TARGET + "&x=1"}, {"target": TARGET.partition("?")[0]}, {"target": TARGET.upper()}, {"body": b" "}],
)
def test_a_proof_holds_for_its_request_alone(change: dict[str, object]) -> None:
    proof = read_proof(headers())
    assert proof is not None

    with pytest.raises(WireError) as refusal:
        check(proof, **change)
    assert (refusal.value.code, refusal.value.member) == (ErrorCode.INVALID_SIGNATURE, "X-AINP-Signature")


@pytest.mark.parametrize(("off_ms", "fresh"), [(60_000, True), (-60_000, True), (60_001, False), (-60_001, False)])
def test_a_proof_is_fresh_for_a_minute(off_ms: int, fresh: bool) -> None:
    proof = read_proof(headers())
    assert proof is not None

    if fresh:
        check(proof, now_ms=NOW_MS + off_ms)
        return
    with pytest.raises(WireError, match="60 s"):
        check(proof, now_ms=NOW_MS + off_ms)


def test_a_later_timestamp_needs_a_new_signature() -> None:
    proof = read_proof(headers(Timestamp=str(NOW_MS + 1)))
    assert proof is not None

    with pytest.raises(WireError, match="signature of this request"):
        check(proof)
