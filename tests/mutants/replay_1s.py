"""An id is remembered for one second: the same message is taken again after that."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import Envelope
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.ledger import Claim

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-001"})
RELATED: frozenset[str] = frozenset()

claim_of = admission.Admission.claim_of


def claim_for_a_second(self: admission.Admission, envelope: Envelope, *, keep_ms: int = 0) -> Claim:
    return replace(claim_of(self, envelope, keep_ms=keep_ms), until_ms=now_ms() + 1000)


if __name__ == "__main__":
    admission.Admission.claim_of = claim_for_a_second
    sys.exit(main(sys.argv[1:]))
