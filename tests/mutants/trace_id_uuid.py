"""A trace_id must be a UUID: the other reading of ERRATUM-17."""

from __future__ import annotations

import sys
from typing import Any

from ainp_harness.wire.envelope import Envelope, is_uuid4, parse_envelope
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-006"})
DISPUTED = FINDS
RELATED: frozenset[str] = frozenset()


def parse(value: Any) -> Envelope:
    envelope = parse_envelope(value)
    if not is_uuid4(envelope.trace_id):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "no UUID", "trace_id")
    return envelope


if __name__ == "__main__":
    admission.parse_envelope = parse
    sys.exit(main(sys.argv[1:]))
