"""The broker puts its own timestamp into every envelope that it delivers."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main
from reference_broker.clock import now_ms

AREAS = (
    "delivery",
    "intents",
)
FINDS = frozenset({"AINP-QOS-002"})
RELATED: frozenset[str] = frozenset()

store = inbox.Inbox.store


async def store_stamped(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    stamped = {**envelope.raw, "timestamp": now_ms()}
    await store(self, replace(envelope, raw=stamped), did, deadline_ms=deadline_ms)


if __name__ == "__main__":
    inbox.Inbox.store = store_stamped
    sys.exit(main(sys.argv[1:]))
