"""Anything registers as a DID, whatever it looks like."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import WireError
from reference_broker import admission, registration
from reference_broker.__main__ import main

AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-003"})
RELATED: frozenset[str] = frozenset()

keys_of = admission.Admission.keys_of
public_key = registration._public_key
given: list[bytes] = []


def remembered(key: object) -> bytes | None:
    given[:] = [found] if (found := public_key(key)) else []
    return found


async def keys_of_anything(self: admission.Admission, did: str) -> tuple[bytes, ...]:
    try:
        return await keys_of(self, did)
    except WireError:
        return tuple(given)  # what it says of itself


if __name__ == "__main__":
    registration.check_did = lambda did: did
    registration._public_key = remembered
    admission.Admission.keys_of = keys_of_anything
    sys.exit(main(sys.argv[1:]))
