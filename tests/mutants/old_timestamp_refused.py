"""A timestamp may be a minute old, whatever its ttl: the other reading of ERRATUM-06."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError

PROFILE = "draft-00"
AREAS = ("time",)
FINDS = frozenset({"AINP-TTL-004"})
DISPUTED = FINDS
RELATED: frozenset[str] = frozenset()

check_time = admission.Admission._check_time


def check_the_past_too(self: admission.Admission, envelope: Envelope) -> None:
    check_time(self, envelope)
    if envelope.timestamp_ms < now_ms() - self.skew_ms:
        raise BrokerError(ErrorCode.INVALID_TIMESTAMP, "timestamp: lies in the past")


if __name__ == "__main__":
    admission.Admission._check_time = check_the_past_too
    sys.exit(main(sys.argv[1:]))
