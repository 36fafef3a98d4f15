"""Of the messages that one request confirms the last is not taken away."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = (
    "intents",
    "queue",
)
FINDS = frozenset({"AINP-INT-014", "AINP-QUE-003"})
RELATED: frozenset[str] = frozenset()

confirm = inbox.Inbox.confirm


async def confirm_all_but_one(self: inbox.Inbox, did: str, delivery_ids: Sequence[str]) -> None:
    await confirm(self, did, delivery_ids[:-1])


if __name__ == "__main__":
    inbox.Inbox.confirm = confirm_all_but_one
    sys.exit(main(sys.argv[1:]))
