"""Every message also reaches whoever got one before."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ainp_harness.wire.envelope import Envelope
from reference_broker import routing
from reference_broker.__main__ import main

AREAS = ("intents",)
FINDS = frozenset({"AINP-INT-003"})
RELATED: frozenset[str] = frozenset()

deliver = routing.Routing._deliver
latest: list[str] = []


async def deliver_to_one_more(self: routing.Routing, envelope: Envelope, recipients: Sequence[str]) -> routing.Receipt:
    receipt = await deliver(self, envelope, recipients)
    if other := next((did for did in reversed(latest) if did not in recipients), None):
        await self.inbox.store(envelope, other, deadline_ms=self.admission.deadline_ms(envelope))
    latest.extend(recipients)
    return receipt


if __name__ == "__main__":
    routing.Routing._deliver = deliver_to_one_more
    sys.exit(main(sys.argv[1:]))
