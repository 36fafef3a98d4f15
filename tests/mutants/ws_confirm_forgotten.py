"""What a WebSocket confirms is answered as confirmed, and comes again after reconnecting."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("websocket",)
FINDS = frozenset({"AINP-WSK-005"})
RELATED: frozenset[str] = frozenset()


async def confirm_nothing(self: inbox.Inbox, did: str, delivery_ids: Sequence[str]) -> None:
    return None


if __name__ == "__main__":
    inbox.Inbox.confirm = confirm_nothing
    sys.exit(main(sys.argv[1:]))
