"""What is delivered has lost its payload."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("intents",)
FINDS = frozenset({"AINP-INT-001"})
RELATED: frozenset[str] = frozenset()

store = inbox.Inbox.store


async def store_without_payload(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    empty = {**envelope.raw, "payload": {}}
    await store(self, replace(envelope, raw=empty), did, deadline_ms=deadline_ms)


if __name__ == "__main__":
    inbox.Inbox.store = store_without_payload
    sys.exit(main(sys.argv[1:]))
