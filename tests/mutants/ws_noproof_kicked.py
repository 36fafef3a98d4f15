"""A WebSocket that proves nothing is served, until its agent itself connects."""

from __future__ import annotations

import sys

from starlette.websockets import WebSocket

from reference_broker.__main__ import main
from reference_broker.routes import broker_of, websocket

AREAS = ("websocket",)
FINDS = frozenset({"AINP-WSK-002"})
RELATED: frozenset[str] = frozenset()

connect = websocket.connect


async def connect_anybody(connection: WebSocket) -> None:
    did = connection.query_params.get("did")
    if did is None:
        return await connect(connection)
    await connection.accept()
    return await broker_of(connection).sessions.serve(connection, did)


if __name__ == "__main__":
    websocket.connect = connect_anybody
    sys.exit(main(sys.argv[1:]))
