"""The memory for replays includes the trace_id: another trace_id makes an old message new."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import Envelope
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.ledger import Claim

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-001", "AINP-RPL-002"})
RELATED: frozenset[str] = frozenset()

claim_of = admission.Admission.claim_of


def claim_of_id_and_trace(self: admission.Admission, envelope: Envelope, *, keep_ms: int = 0) -> Claim:
    claim = claim_of(self, envelope, keep_ms=keep_ms)
    return replace(claim, key=f"{claim.key} {envelope.trace_id}")


if __name__ == "__main__":
    admission.Admission.claim_of = claim_of_id_and_trace
    sys.exit(main(sys.argv[1:]))
