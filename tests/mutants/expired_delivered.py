"""What waits is delivered an hour beyond its time."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("time",)
PROFILE = "draft-00"
DEPTH = "standard"
FINDS = frozenset({"AINP-TTL-005"})
RELATED: frozenset[str] = frozenset()

HOUR_MS = 3_600_000

store = inbox.Inbox.store


async def store_for_longer(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    await store(self, envelope, did, deadline_ms=deadline_ms + HOUR_MS)


if __name__ == "__main__":
    inbox.Inbox.store = store_for_longer
    sys.exit(main(sys.argv[1:]))
