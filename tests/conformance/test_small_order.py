"""Signatures for keys of small order: they hold by the equation of RFC 8032, which is all that a naive verifier looks at."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from nacl.bindings import crypto_core_ed25519_is_valid_point

from ainp_harness.wire.signing import Scheme, decode_base64, signed_bytes
from conformance.kit.small_order import COFACTOR, GROUP_ORDER, NEUTRAL, SMALL_ORDER, forged

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]


def decoded(text: bytes) -> Point:
    """A point of its 32 bytes (RFC 8032, 5.1.3)."""
    number = int.from_bytes(text, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0, "not on the curve"
    return (P - x if x & 1 != sign else x) % P, y


def added(one: Point, other: Point) -> Point:
    (a, b), (c, d) = one, other
    product = D * a * b * c * d % P
    return (a * d + b * c) * pow(1 + product, -1, P) % P, (b * d + a * c) * pow(1 - product, -1, P) % P


def times(number: int, point: Point) -> Point:
    result: Point = (0, 1)
    while number:
        result = added(result, point) if number & 1 else result
        point, number = added(point, point), number >> 1
    return result


@pytest.mark.parametrize("key", SMALL_ORDER, ids=lambda key: key.hex()[:8])
def test_a_key_of_small_order(key: bytes) -> None:
    assert times(COFACTOR, decoded(key)) == (0, 1)
    assert not crypto_core_ed25519_is_valid_point(key), "libsodium refuses it"


def test_there_are_eight() -> None:
    assert len({decoded(key) for key in SMALL_ORDER}) == 8


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("key", SMALL_ORDER, ids=lambda key: key.hex()[:8])
def test_its_signature_holds(key: bytes, scheme: Scheme) -> None:
    numbers = itertools.count()
    message = forged(key, lambda: {"id": next(numbers), "text": "nobody signed this"}, scheme)
    signature = decode_base64(message["sig"])
    unsigned = {name: value for name, value in message.items() if name != "sig"}
    digest = hashlib.sha512(signature[:32] + key + signed_bytes(unsigned, scheme)).digest()
    challenge = int.from_bytes(digest, "little") % GROUP_ORDER

    assert (signature[:32], signature[32:]) == (NEUTRAL, bytes(32))
    assert times(challenge, decoded(key)) == (0, 1), "S B = R + k A, with S = 0 and R neutral"
