"""Whose message verified once is trusted afterwards: any signature of 64 bytes is taken in that name."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.signing import Scheme, signature_of, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-003", "AINP-SIG-004", "AINP-SIG-010"})
RELATED = frozenset(
    {
        "AINP-SIG-005",  # a mangled signature of 64 bytes is taken too
        "AINP-SIG-006",  # in every operation
        "AINP-SIG-008",  # so no refusal says INVALID_SIGNATURE
    }
)

trusted: set[str] = set()


def verify_strangers(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    if envelope["from_did"] in trusted and signature_of(envelope):
        return Scheme.JCS_SHA256
    scheme = verify(envelope, key, schemes)
    trusted.add(envelope["from_did"])
    return scheme


if __name__ == "__main__":
    admission.verify = verify_strangers
    sys.exit(main(sys.argv[1:]))
