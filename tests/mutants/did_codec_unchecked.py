"""A did:key is read as Ed25519 whatever its multicodec says."""

from __future__ import annotations

import sys

import base58

from ainp_harness.wire import did
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-003"})
RELATED: frozenset[str] = frozenset()


def any_key_of(text: str) -> bytes:
    try:
        decoded = base58.b58decode(text.removeprefix("did:key:z"))
    except ValueError:
        decoded = b""
    if len(decoded) != 34:
        raise WireError(ErrorCode.INVALID_DID, "not base58btc of 34 bytes")
    return decoded[2:]


if __name__ == "__main__":
    did.public_key_of = admission.public_key_of = any_key_of
    sys.exit(main(sys.argv[1:]))
