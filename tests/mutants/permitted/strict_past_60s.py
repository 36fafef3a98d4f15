"""Correct: a timestamp more than 60 s in the past is refused, whatever its ttl; that is the draft's rule."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError

AREAS = (
    "time",
    "replay",
)
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

check_time = admission.Admission._check_time


def check_the_past_too(self: admission.Admission, envelope: Envelope) -> None:
    check_time(self, envelope)
    if envelope.timestamp_ms < now_ms() - self.skew_ms:
        raise BrokerError(ErrorCode.TIMEOUT, "timestamp: too long ago")


if __name__ == "__main__":
    admission.Admission._check_time = check_the_past_too
    sys.exit(main(sys.argv[1:]))
