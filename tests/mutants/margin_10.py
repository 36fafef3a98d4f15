"""Clocks may be 10 s off, not 60 s, either way."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError

AREAS = ("time",)
FINDS = frozenset({"AINP-TTL-002"})
RELATED: frozenset[str] = frozenset()

MARGIN_MS = 10_000


def check_strictly(self: admission.Admission, envelope: Envelope) -> None:
    if now_ms() > self.deadline_ms(envelope):
        raise BrokerError(ErrorCode.TIMEOUT, "timestamp + ttl has passed")
    if abs(envelope.timestamp_ms - now_ms()) > MARGIN_MS:
        raise BrokerError(ErrorCode.INVALID_TIMESTAMP, "timestamp: too far off")


if __name__ == "__main__":
    admission.Admission._check_time = check_strictly
    sys.exit(main(sys.argv[1:]))
