"""A WebSocket gets its messages two seconds late."""

from __future__ import annotations

import asyncio
import sys

from reference_broker import delivery
from reference_broker.__main__ import main
from reference_broker.mailbox import Mailbox, Waiting

AREAS = ("websocket",)
FINDS = frozenset({"AINP-WSK-001"})
RELATED: frozenset[str] = frozenset()

send = delivery.Session._send


async def send_late(self: delivery.Session, mailbox: Mailbox, message: Waiting, body: bytes | None) -> None:
    await asyncio.sleep(2)
    await send(self, mailbox, message, body)


if __name__ == "__main__":
    delivery.Session._send = send_late
    sys.exit(main(sys.argv[1:]))
