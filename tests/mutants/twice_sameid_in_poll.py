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
RELATED = frozenset(
    {
        "AINP-INT-003",  # it asks that its message arrives once
        "AINP-INT-014",  # its control fails: its messages arrive twice
        "AINP-QUE-003",  # polling yields each message twice
        "AINP-QUE-004",  # its control fails: its message arrives twice
    }
)

poll = inbox.Inbox.poll


async def poll_twice(self: inbox.Inbox, did: str, *, limit: int, wait_s: float) -> list[inbox.Delivery]:
    return [message for message in await poll(self, did, limit=limit, wait_s=wait_s) for _ in range(2)]


if __name__ == "__main__":
    inbox.Inbox.poll = poll_twice
    sys.exit(main(sys.argv[1:]))
