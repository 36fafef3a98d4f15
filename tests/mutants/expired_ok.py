"""Messages are taken however long ago they expired."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError

AREAS = ("time",)
FINDS = frozenset({"AINP-TTL-001"})
RELATED: frozenset[str] = frozenset()


def only_the_future(self: admission.Admission, envelope: Envelope) -> None:
    if envelope.timestamp_ms > now_ms() + self.skew_ms:
        raise BrokerError(ErrorCode.INVALID_TIMESTAMP, "timestamp: lies in the future")


if __name__ == "__main__":
    admission.Admission._check_time = only_the_future
    sys.exit(main(sys.argv[1:]))
