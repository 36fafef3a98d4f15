"""A message without a signature is taken; one with a wrong signature is not."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ainp_harness.wire.signing import Scheme, verify
from reference_broker import admission
from reference_broker.__main__ import main

AREAS = (
    "signature",
    "envelope",
)
FINDS = frozenset({"AINP-SIG-002", "AINP-ENV-010"})
RELATED = frozenset(
    {
        "AINP-SIG-006",  # other operations take unsigned messages too
        "AINP-SIG-008",  # so no refusal says INVALID_SIGNATURE
    }
)


def verify_if_signed(envelope: dict[str, Any], key: bytes, schemes: Iterable[Scheme], **known: bool) -> Scheme:
    return verify(envelope, key, schemes) if envelope.get("sig") else Scheme.JCS_SHA256


if __name__ == "__main__":
    admission.verify = verify_if_signed
    sys.exit(main(sys.argv[1:]))
