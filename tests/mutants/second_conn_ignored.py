"""A second WebSocket of an agent is accepted and gets nothing."""

from __future__ import annotations

import sys

from starlette.websockets import WebSocket

from reference_broker import delivery
from reference_broker.__main__ import main

AREAS = ("websocket",)
FINDS = frozenset({"AINP-WSK-006"})
RELATED: frozenset[str] = frozenset()

serve = delivery.Sessions.serve


async def serve_the_first(self: delivery.Sessions, websocket: WebSocket, did: str, kind: type[delivery.Session] = delivery.Session) -> None:
    if did not in self._open:
        return await serve(self, websocket, did, kind)
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    return None


if __name__ == "__main__":
    delivery.Sessions.serve = serve_the_first
    sys.exit(main(sys.argv[1:]))
