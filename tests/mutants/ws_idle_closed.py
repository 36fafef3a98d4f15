"""A WebSocket over which nothing was sent for 10 s is closed."""

from __future__ import annotations

import asyncio
import sys

from reference_broker import delivery
from reference_broker.__main__ import main

AREAS = ("websocket",)
FINDS = frozenset({"AINP-WSK-004"})
RELATED: frozenset[str] = frozenset()
DEPTH = "standard"

IDLE_S = 10.0
receive = delivery.Session.receive


async def receive_for_a_while(self: delivery.Session) -> None:
    try:
        async with asyncio.timeout(IDLE_S):
            await receive(self)
    except TimeoutError:
        await self.close(delivery.GOING_AWAY)


if __name__ == "__main__":
    delivery.Session.receive = receive_for_a_while
    sys.exit(main(sys.argv[1:]))
