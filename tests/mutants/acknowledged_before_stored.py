"""An intent is acknowledged half a second before it is given to the stream."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("intents",)
DEPTH = "standard"
FINDS = frozenset({"AINP-INT-010", "AINP-INT-012"})
RELATED: frozenset[str] = frozenset({"AINP-INT-001", "AINP-INT-002", "AINP-INT-003"})

store = inbox.Inbox.store
storing: set[asyncio.Task[None]] = set()


async def store_later(self: inbox.Inbox, *message: Any, **when: Any) -> None:
    async def later() -> None:
        await asyncio.sleep(0.5)
        await store(self, *message, **when)

    task = asyncio.create_task(later())
    storing.add(task)
    task.add_done_callback(storing.discard)


if __name__ == "__main__":
    inbox.Inbox.store = store_later
    sys.exit(main(sys.argv[1:]))
