"""Every message is stored twice: it is delivered twice, under two delivery ids."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("intents",)
FINDS = frozenset({"AINP-INT-002"})
RELATED = frozenset(
    {
        "AINP-INT-003",  # it asks that its message arrives once
        "AINP-INT-014",  # its control fails: its messages arrive twice
    }
)

store = inbox.Inbox.store


async def store_twice(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    await store(self, envelope, did, deadline_ms=deadline_ms)
    await store(self, envelope, did, deadline_ms=deadline_ms)


if __name__ == "__main__":
    inbox.Inbox.store = store_twice
    sys.exit(main(sys.argv[1:]))
