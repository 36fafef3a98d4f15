"""Messages are taken however far in the future their timestamp lies."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError

AREAS = ("time",)
FINDS = frozenset({"AINP-TTL-003"})
RELATED: frozenset[str] = frozenset()


def only_the_past(self: admission.Admission, envelope: Envelope) -> None:
    if now_ms() > self.deadline_ms(envelope):
        raise BrokerError(ErrorCode.TIMEOUT, "timestamp + ttl has passed")


if __name__ == "__main__":
    admission.Admission._check_time = only_the_past
    sys.exit(main(sys.argv[1:]))
