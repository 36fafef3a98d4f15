"""Every message stands twice in the answer to a poll, under the same delivery id."""

from __future__ import annotations

import sys

from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = (
    "intents",
    "queue",
)
FINDS = frozenset({"AINP-INT-002"})
RELATED: frozenset[str] = frozenset()

poll = inbox.Inbox.poll


async def poll_twice(self: inbox.Inbox, did: str, *, limit: int, wait_s: float) -> list[inbox.Delivery]:
    return [message for message in await poll(self, did, limit=limit, wait_s=wait_s) for _ in range(2)]


if __name__ == "__main__":
    inbox.Inbox.poll = poll_twice
    sys.exit(main(sys.argv[1:]))
