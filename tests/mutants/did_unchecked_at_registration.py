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


async def keys_of_anything(self: admission.Admission, did: str) -> tuple[bytes, ...]:
    try:
        return await keys_of(self, did)
    except WireError:
        return (b"",)


if __name__ == "__main__":
    registration.check_did = lambda did: did
    registration._public_key = lambda key: None
    admission.Admission.keys_of = keys_of_anything
    sys.exit(main(sys.argv[1:]))
