"""Keys of small order: points of Ed25519 for which a signature can be made without any secret, and that signature (RFC 8032, 5.1.7).

For such a key A and R the neutral element, S = 0 verifies where the hash of R, A and the message is a multiple of A's order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ainp_harness.wire.did import did_key
from ainp_harness.wire.signing import Scheme, encode_base64, signed_bytes
from conformance.kit.agents import Envelope

GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order L of the base point; the S of a signature is below it."""

COFACTOR = 8

NEUTRAL = bytes([1]) + bytes(31)

SMALL_ORDER = tuple(
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)
"""All eight, as keys are written: of order 1, 2, 4, 4, 8, 8, 8 and 8."""


def forged(key: bytes, make: Callable[[], Envelope], scheme: Scheme) -> Envelope:
    """A message from the did:key of a small-order point, with a signature that holds for it. `make` gives a new message each time; about
    one in eight will do."""
    while True:
        envelope = {**make(), "from_did": did_key(key)}
        digest = hashlib.sha512(NEUTRAL + key + signed_bytes(envelope, scheme)).digest()
        if int.from_bytes(digest, "little") % GROUP_ORDER % COFACTOR == 0:
            return {**envelope, "sig": encode_base64(NEUTRAL + bytes(32))}
