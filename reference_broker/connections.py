"""One TCP connection to the broker, as uvicorn serves it, with bounds on what a client may send before it has been read or after it was
answered: a head that is too long or does not come to its end, and a body that goes on after its answer.

Bodies have their bounds in `incoming.py`. Whoever sends slowly waits alone: a connection is a few hundred bytes and no thread.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ainp_harness.wire.errors import ErrorCode
from reference_broker.errors import BrokerError

MAX_HEAD_BYTES = 32_768
"""Request line and headers together."""

HEAD_S = 60.0
"""From the connection, or the first byte of a further request, to the end of its head."""

UNREAD_BYTES = 4 * 1_048_576
UNREAD_S = 30.0
"""Of a body that was refused while it was still coming this much is thrown away, so that its sender can read the answer: a connection that
is closed with bytes unread is reset, and takes the answer with it."""

REASONS = {400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large"}

_log = structlog.get_logger("connections")


class Connection(HttpToolsProtocol):
    """uvicorn's protocol over httptools, which has no such bounds of its own."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_bytes = 0
        self._in_head = True
        self._unread = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_S, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes and not self.transport.is_closing():
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, f"request line and headers have at most {MAX_HEAD_BYTES} bytes")
            elif self._deadline is None:
                self._deadline = self.loop.call_later(HEAD_S, self._too_late)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._forget_deadline()
        if self._head_bytes > MAX_HEAD_BYTES:  # perhaps by what came of the body with it
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > MAX_HEAD_BYTES:
                self._refuse(431, f"request line and headers have at most {MAX_HEAD_BYTES} bytes")
                return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.cycle.response_complete:
            self._unread += len(body)
            if self._deadline is None:
                self._deadline = self.loop.call_later(UNREAD_S, self.transport.close)
            if self._unread > UNREAD_BYTES:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._forget_deadline()
        self._head_bytes = self._unread = 0
        self._in_head = True
        if not self.transport.is_closing():
            super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        if not self.transport.is_closing():
            super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "this is no HTTP request")

    def _too_late(self) -> None:
        self._deadline = None
        if self._head_bytes:
            self._refuse(408, "the request did not come to its end")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        """Answer what never became a request, and close."""
        if self.transport.is_closing():
            return
        _log.info("connection_refused", status=status, address=self.client and self.client[0])
        body = orjson.dumps(BrokerError(ErrorCode.INVALID_ENVELOPE, message).body())
        own = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
        headers = (b"%s: %s" % header for header in [*self.server_state.default_headers, *own])
        head = [b"HTTP/1.1 %d %s" % (status, REASONS[status]), *headers]
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        self.transport.close()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
