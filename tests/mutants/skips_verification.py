"""A broker that takes every signature for good: a development bypass that reached production."""

import sys

from ainp_harness.wire.signing import Scheme
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("signature", "envelope")

FIRST = "AINP-SIG-010"
FINDS = frozenset({FIRST})

RELATED = frozenset(
    {
        "AINP-SIG-002",  # unsigned messages are taken too
        "AINP-SIG-003",  # and changed ones
        "AINP-SIG-004",  # and those by another key
        "AINP-SIG-005",  # and mangled signatures
        "AINP-SIG-006",  # in every operation that takes an envelope
        "AINP-SIG-008",  # so no refusal says INVALID_SIGNATURE
        "AINP-ENV-010",  # sig is required: shown by SIG-002
        "AINP-ENV-015",  # what a smuggled key says is delivered although nobody signed it
    }
)

if __name__ == "__main__":
    admission.verify = lambda envelope, public_key, schemes=(), **known: Scheme.JCS_SHA256
    sys.exit(main(sys.argv[1:]))
