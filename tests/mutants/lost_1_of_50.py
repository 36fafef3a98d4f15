"""Every 50th message is acknowledged and never stored."""

from __future__ import annotations

import itertools
import sys

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("intents",)
FINDS = frozenset({"AINP-INT-002"})
RELATED = frozenset(
    {
        "AINP-INT-014",  # its control fails: not all of its messages arrive
    }
)

store = inbox.Inbox.store
numbers = itertools.count(1)


async def store_49_of_50(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    if next(numbers) % 50:
        await store(self, envelope, did, deadline_ms=deadline_ms)


if __name__ == "__main__":
    inbox.Inbox.store = store_49_of_50
    sys.exit(main(sys.argv[1:]))
