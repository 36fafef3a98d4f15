"""A duplicate is answered as if it were accepted, and not delivered."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from ainp_harness.wire.errors import ErrorCode
from reference_broker import routing
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-001", "AINP-RPL-002", "AINP-RPL-006", "AINP-RPL-007"})
RELATED: frozenset[str] = frozenset()

send = routing.Routing.send


async def send_or_pretend(self: routing.Routing, envelope: Envelope) -> routing.Receipt:
    try:
        return await send(self, envelope)
    except BrokerError as error:
        if error.code is not ErrorCode.DUPLICATE_INTENT:
            raise
        return routing.Receipt(envelope, (envelope.to_did or "",), ())


if __name__ == "__main__":
    routing.Routing.send = send_or_pretend
    sys.exit(main(sys.argv[1:]))
