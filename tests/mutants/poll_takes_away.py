"""Polling takes messages away: who crashes before handling them has lost them."""

from __future__ import annotations

import sys

from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("queue",)
FINDS = frozenset({"AINP-QUE-003"})
RELATED = frozenset(
    {
        "AINP-QUE-004",  # what its owner has read is gone
    }
)

poll = inbox.Inbox.poll


async def poll_and_delete(self: inbox.Inbox, did: str, *, limit: int, wait_s: float) -> list[inbox.Delivery]:
    messages = await poll(self, did, limit=limit, wait_s=wait_s)
    await self.confirm(did, [message.delivery_id for message in messages])
    return messages


if __name__ == "__main__":
    inbox.Inbox.poll = poll_and_delete
    sys.exit(main(sys.argv[1:]))
