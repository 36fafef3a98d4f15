"""Correct: a message is delivered four seconds after it was acknowledged, and no promise of this phase says how soon."""

from __future__ import annotations

import asyncio
import sys

from ainp_harness.wire.envelope import Envelope
from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = (
    "delivery",
    "queue",
)
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

store = inbox.Inbox.store
tasks: set[asyncio.Task[None]] = set()


async def store_later(self: inbox.Inbox, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
    async def later() -> None:
        await asyncio.sleep(4)
        await store(self, envelope, did, deadline_ms=deadline_ms)

    task = asyncio.create_task(later())
    tasks.add(task)
    task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    inbox.Inbox.store = store_later
    sys.exit(main(sys.argv[1:]))
