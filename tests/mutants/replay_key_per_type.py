"""Each type of message has ids of its own: an ADVERTISE does not use one up for an INTENT."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import Envelope
from reference_broker import admission, ledger
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-003"})
RELATED: frozenset[str] = frozenset()

claim_of = admission.Admission.claim_of


def claim_of_type(self: admission.Admission, envelope: Envelope, *, keep_ms: int = 0) -> ledger.Claim:
    claim = claim_of(self, envelope, keep_ms=keep_ms)
    return claim if envelope.msg_type == "INTENT" else replace(claim, key=f"{envelope.msg_type} {claim.key}")


if __name__ == "__main__":
    admission.Admission.claim_of = claim_of_type
    sys.exit(main(sys.argv[1:]))
