"""A WebSocket on a gevent socket: the sans-I/O protocol of `websockets` with a thin shell. Pings are answered by the protocol itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gevent
from gevent import socket, ssl
from websockets.client import ClientProtocol
from websockets.exceptions import WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.uri import parse_uri

from ainp_harness.wire.exchange import FailureKind
from loadtests.clock import Clock
from loadtests.connection import READ_BYTES, Connection, Endpoint
from loadtests.rendering import WireRequest
from loadtests.reply import ExchangeFailed

MAX_FRAME_BYTES = 2 * 1024 * 1024
"""Over the largest envelope that a broker may deliver (docs/surface-v1.md)."""

OPEN_S = 10.0


class WebSocket:
    """An open WebSocket. One greenlet reads; any may send."""

    def __init__(
        self, endpoint: Endpoint, clock: Clock, request: WireRequest, on_handshake: Callable[[Response], None] = lambda _: None
    ) -> None:
        """Connect and upgrade.

        Raises:
            ExchangeFailed: no connection, or the upgrade was refused or not answered in time.
        """
        scheme = "wss" if endpoint.tls else "ws"
        self._protocol = ClientProtocol(parse_uri(f"{scheme}://{endpoint.authority}{request.target}"), max_size=MAX_FRAME_BYTES)
        connection = Connection(endpoint, clock)
        try:
            with gevent.Timeout(OPEN_S):
                opened = connection.open().detach()
                assert opened is not None
                self._socket: socket.socket = opened
                self._upgrade(endpoint, request, on_handshake)
        except gevent.Timeout as struck:
            self._abandon(connection)
            raise ExchangeFailed(FailureKind.TIMEOUT, f"no answer to the upgrade in {OPEN_S:g} s", "TIMEOUT") from struck
        except BaseException:
            self._abandon(connection)
            raise

    def _abandon(self, connection: Connection) -> None:
        connection.close()
        if hasattr(self, "_socket"):
            self._socket.close()

    def _upgrade(self, endpoint: Endpoint, request: WireRequest, on_handshake: Callable[[Response], None]) -> None:
        upgrade = self._protocol.connect()
        for name, value in {**request.headers, **endpoint.extra_headers}.items():
            upgrade.headers[name] = value
        self._protocol.send_request(upgrade)
        self._flush()
        while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
            self._pump()
        if self._protocol.handshake_exc is not None:
            error = self._protocol.handshake_exc
            refused = getattr(error, "response", None)
            if isinstance(refused, Response):
                on_handshake(refused)
                raise ExchangeFailed(FailureKind.PROTOCOL, f"the upgrade was refused: {refused.status_code}", f"HTTP_{refused.status_code}")
            raise ExchangeFailed(FailureKind.PROTOCOL, f"the upgrade failed: {error}", "PROTOCOL")
        self._early = list(self._protocol.events_received())
        for event in self._early:
            if isinstance(event, Response):
                on_handshake(event)

    def _pump(self) -> bool:
        """Read once. False at the end of the connection."""
        try:
            data = self._socket.recv(READ_BYTES)
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            self._flush()
        except (OSError, ssl.SSLError) as error:
            raise ExchangeFailed(FailureKind.CLOSED, str(error) or type(error).__name__, "CLOSED") from error
        except (WebSocketException, EOFError) as error:
            raise ExchangeFailed(FailureKind.PROTOCOL, str(error), "PROTOCOL") from error
        return bool(data)

    def texts(self) -> Iterator[str]:
        """The text messages as they come, until the connection ends."""
        parts: list[bytes] = []
        events, self._early = self._early, []
        open_still = True
        while True:
            for event in events:
                if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.CONT):
                    parts.append(bytes(event.data))
                    if event.fin:
                        yield b"".join(parts).decode("utf-8", "replace")
                        parts = []
            if not open_still or self._protocol.state is State.CLOSED:
                return
            open_still = self._pump()
            events = self._protocol.events_received()

    def send(self, text: str) -> None:
        """Send a text message.

        Raises:
            ExchangeFailed: the connection is closed.
        """
        try:
            self._protocol.send_text(text.encode())
            self._flush()
        except (OSError, WebSocketException) as error:
            raise ExchangeFailed(FailureKind.CLOSED, str(error) or type(error).__name__, "CLOSED") from error

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._socket.sendall(data)

    @property
    def close_code(self) -> int | None:
        return self._protocol.close_code if self._protocol.state is State.CLOSED else None

    def close(self) -> None:
        """Say goodbye without waiting for the answer, and close."""
        try:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(1000)
                self._flush()
        except (OSError, WebSocketException):
            pass
        finally:
            self._socket.close()
