"""One WebSocket of the asyncio client: its frames both ways, and how it ended, as an exchange."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from ainp_harness.wire.exchange import ANSWER_BYTES, Body, Exchange, Failure, FailureKind, Frame, Request, Response
from ainp_harness.wire.failures import failure_of

FRAMES_KEPT = 2_000


class Socket:
    """One WebSocket and everything that went over it."""

    def __init__(self, exchange_id: str, request: Request) -> None:
        self._id = exchange_id
        self._request = request
        self._started = time.time() * 1000
        self._begun = time.perf_counter()
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._arrived = asyncio.Event()
        self._response: Response | None = None
        self._failure: Failure | None = None
        self.frames: list[Frame] = []
        self.tags: tuple[str, ...] = ()
        self.close_code: int | None = None

    async def open(self, url: str, headers: Mapping[str, str], timeout_s: float, options: Mapping[str, Any]) -> None:
        try:
            self._connection = await _Connect(
                url,
                additional_headers=dict(headers),
                user_agent_header=None,
                open_timeout=timeout_s,
                close_timeout=2,
                max_size=ANSWER_BYTES,
                ping_interval=None,
                **options,
            )
        except websockets.InvalidStatus as error:
            answer = error.response
            self._response = Response(answer.status_code, _headers_of(answer), Body.keep(bytes(answer.body or b"")))
        except TimeoutError:
            self._failure = Failure(FailureKind.TIMEOUT, f"not opened within {timeout_s:g} s")
        except (OSError, ssl.SSLError, websockets.WebSocketException) as error:
            self._failure = failure_of(error)
        else:
            assert self._connection.response is not None
            self._response = Response(101, _headers_of(self._connection.response), Body.keep(b""))
            self._reader = asyncio.create_task(self._read(self._connection))

    @property
    def is_open(self) -> bool:
        return self._connection is not None and self.close_code is None

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for message in connection:
                text = message if isinstance(message, str) else message.decode("utf-8", "replace")
                if len(self.frames) < FRAMES_KEPT:
                    self.frames.append(Frame(time.time() * 1000, False, text))
                self._arrived.set()
        except websockets.ConnectionClosedError:
            pass  # the code is kept below, as it is of a close in good order
        self.close_code = connection.close_code
        self._arrived.set()

    async def send(self, data: str | bytes) -> None:
        """Send one frame; a connection that is closed meanwhile swallows it."""
        if self._connection is not None:
            text = data if isinstance(data, str) else data.decode("utf-8", "replace")
            if len(text) <= 64 * 1024:
                self.frames.append(Frame(time.time() * 1000, True, text))
            with suppress(websockets.ConnectionClosed):
                await self._connection.send(data)

    async def ping(self, timeout_s: float) -> None:
        """Send a ping and wait for its pong; the exchange is tagged with what came of it."""
        self.tags += ("pinged",)
        if self._connection is not None:
            with suppress(TimeoutError, websockets.ConnectionClosed):
                async with asyncio.timeout(timeout_s):
                    await (await self._connection.ping())
                    self.tags += ("ponged",)

    async def wait_for(self, count: int, timeout_s: float) -> list[Frame]:
        """Wait until `count` frames were received, the connection closed, or the time is over; give what was received."""
        deadline = time.monotonic() + timeout_s
        while len(received := [frame for frame in self.frames if not frame.sent]) < count and self.is_open:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._arrived.wait()
        return received

    async def wait_closed(self, timeout_s: float) -> None:
        """Wait until the other side closes, or the time is over."""
        if self._reader is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await asyncio.shield(self._reader)

    async def close(self) -> Exchange:
        """Close, where it is still open, and give the exchange. Its close code is the other side's, None where we closed."""
        theirs = self.close_code
        if self._connection is not None and self._reader is not None:
            if theirs is None:
                await self._connection.close()
            await asyncio.wait([self._reader], timeout=2)
        return Exchange(
            self._id, "ws", "websocket", self._request, self._response, self._failure, self._started,
            (time.perf_counter() - self._begun) * 1000, frames=tuple(self.frames), close_code=theirs, tags=self.tags,
        )  # fmt: skip


class _Connect(connect):
    """Opens a WebSocket where it is told to: a redirect is an answer, not an order."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _headers_of(answer: websockets.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.raw_items()}
