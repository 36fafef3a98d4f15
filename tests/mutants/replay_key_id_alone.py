"""An id is used up for everybody by the first who uses it."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import Envelope
from reference_broker import admission, ledger
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-004"})
RELATED: frozenset[str] = frozenset()

claim_of = admission.Admission.claim_of
owner: dict[str, str] = {}


def claim_of_id(self: admission.Admission, envelope: Envelope, *, keep_ms: int = 0) -> ledger.Claim:
    claim = claim_of(self, envelope, keep_ms=keep_ms)
    return replace(claim, did=owner.setdefault(envelope.id, envelope.from_did))


if __name__ == "__main__":
    admission.Admission.claim_of = claim_of_id
    sys.exit(main(sys.argv[1:]))
