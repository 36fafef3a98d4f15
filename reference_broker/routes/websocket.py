"""The upgrade of a WebSocket: proven by its headers, refused as any other request, and handed over to `delivery.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket

from ainp_harness.wire.errors import WireError
from reference_broker.admission import require_owner
from reference_broker.delivery import Session
from reference_broker.errors import BrokerError
from reference_broker.queries import invalid
from reference_broker.routes import broker_of, limit_headers, refusal


async def connect(websocket: WebSocket) -> None:
    """Receive by push; messages are sent by HTTP."""
    await open_session(websocket, Session, BrokerError.body)


async def open_session(websocket: WebSocket, kind: type[Session], shape: Callable[[BrokerError], dict[str, Any]]) -> None:
    """Open a session of this kind for the DID that the upgrade proves, or refuse it in the shape of its surface."""
    broker = broker_of(websocket)
    try:
        proven = await broker.admission.proof(websocket)
        if (did := websocket.query_params.get("did")) is None:
            raise invalid("did", "missing")
        require_owner(proven, did)
    except (BrokerError, WireError) as error:
        response = refusal(websocket, broker, error).response(shape)
        # The server's own headers are on every answer but on a refused upgrade.
        response.headers.update({**limit_headers(websocket), **websocket.app.state.every_answer})
        await websocket.send_denial_response(response)
        return
    await websocket.accept(headers=[(name.lower().encode(), value.encode()) for name, value in limit_headers(websocket).items()])
    await broker.sessions.serve(websocket, proven.did, kind)
