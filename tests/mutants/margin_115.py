"""Clocks may be 115 s off, not 60 s, either way."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError

AREAS = ("time",)
FINDS = frozenset({"AINP-TTL-001", "AINP-TTL-003"})
RELATED: frozenset[str] = frozenset()

MARGIN_MS = 115_000


def check_loosely(self: admission.Admission, envelope: Envelope) -> None:
    now = now_ms()
    if now > envelope.expires_ms + MARGIN_MS:
        raise BrokerError(ErrorCode.TIMEOUT, "timestamp + ttl has passed")
    if envelope.timestamp_ms > now + MARGIN_MS:
        raise BrokerError(ErrorCode.INVALID_TIMESTAMP, "timestamp: lies in the future")


if __name__ == "__main__":
    admission.Admission._check_time = check_loosely
    sys.exit(main(sys.argv[1:]))
