"""WebSockets as a probe uses them: opened with proof or without, confirmed by a frame, closed into an exchange."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from ainp_harness.wire.binding import pick, render, render_value
from ainp_harness.wire.canonical import compact
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.sockets import Socket
from conformance.kit.agents import Agent
from conformance.kit.driver import Driver
from conformance.kit.transport import Call


class Sockets(Driver):
    """A driver that opens WebSockets."""

    async def open_websocket(self, agent: Agent, call: Call | None = None) -> Socket:
        return await self.shared.transport.open_websocket({"did": agent.did}, call or self.proven(agent))

    async def open_websocket_without_did(self) -> Socket:
        """The WebSocket's path without its query: who connects is not said."""
        operation = self.shared.transport.binding.operations["websocket"]
        bare = replace(operation, path=operation.path.partition("?")[0])
        return await self.shared.transport.open_rendered_websocket(render(bare, {}), self.call_by(None))

    def confirm_frame(self, socket: Socket) -> str:
        """The frame that confirms all that came over this socket so far."""
        operation = self.shared.transport.binding.operations["websocket"]
        delivered = [pick(operation, "delivery_id", frame_json(frame.text)) for frame in socket.frames if not frame.sent]
        values = {"delivery_ids": [identifier for identifier in delivered if identifier is not None]}
        return compact(render_value(operation.confirm, values)).decode()

    async def close_websocket(self, socket: Socket) -> Exchange:
        return await self.shared.transport.close_websocket(socket, self.call_by(None))


def frame_json(text: str) -> Any:
    """A frame as JSON; None where it is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
