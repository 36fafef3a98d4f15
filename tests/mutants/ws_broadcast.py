"""Every open WebSocket gets every message that any of them gets."""

from __future__ import annotations

import sys

from reference_broker import delivery
from reference_broker.__main__ import main

AREAS = (
    "websocket",
    "intents",
)
FINDS = frozenset({"AINP-INT-003"})
RELATED: frozenset[str] = frozenset()

push, write = delivery.Session.push, delivery.Session._write
sessions: set[delivery.Session] = set()


async def push_listed(self: delivery.Session) -> None:
    sessions.add(self)
    try:
        await push(self)
    finally:
        sessions.discard(self)


async def write_to_all(self: delivery.Session, frame: bytes) -> None:
    for session in {self, *sessions}:
        await write(session, frame)


if __name__ == "__main__":
    delivery.Session.push, delivery.Session._write = push_listed, write_to_all
    sys.exit(main(sys.argv[1:]))
