"""The asyncio client: sends one rendered request, or holds one WebSocket, and yields the exchange. It never decides and never retries.

For conformance, where every byte counts and speed does not; load has an engine of its own.
"""

from __future__ import annotations

import asyncio
import errno
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import websockets
from websockets.asyncio.client import ClientConnection, connect

from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.exchange import ANSWER_KEPT_BYTES, Body, Exchange, Failure, FailureKind, Frame, Request, Response
from ainp_harness.wire.raw import RawRequest

ANSWER_BYTES = 4 * 1024 * 1024
"""No answer of a broker is longer; what is longer is cut off and the connection closed."""

FRAMES_KEPT = 2_000

PIECES = 20
"""Of a body that is sent slowly."""


class Client:
    """Sends requests to one base URL, from one local address.

    Args:
        base_url: scheme, host and port; a path prefix is kept.
        headers: sent with every request, for instance a gateway's token.
        timeout_s: from the start of a request to its last byte.
        local_address: the source address, where it matters; None leaves it to the system.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | bool = True,
        timeout_s: float = 10.0,
        local_address: str | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.local_address = local_address
        self._timeout_s = timeout_s
        self._verify = verify
        self._headers = {"user-agent": "ainp-harness", "accept": "application/json", **(headers or {})}
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=50, keepalive_expiry=3.0)
        transport = httpx.AsyncHTTPTransport(local_address=local_address, verify=verify, limits=limits) if local_address else None
        self._http = httpx.AsyncClient(
            verify=verify,
            transport=transport,
            limits=limits,
            timeout=httpx.Timeout(timeout_s),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # a request carries what its exchange says, and no memory of others
            follow_redirects=False,
            trust_env=local_address is None,
        )

    async def send(
        self,
        rendered: Rendered,
        operation: str,
        *,
        exchange_id: str,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        over_s: float = 0.0,
    ) -> Exchange:
        """Send one request and give the exchange, answered or failed; never raises for what the network or the broker does.

        Args:
            over_s: send the body in pieces over so many seconds, which the time-out does not count.
        """
        sent = {name.lower(): value for name, value in {**self._headers, **rendered.headers, **(headers or {})}.items() if value}
        request = Request(rendered.method, rendered.target, sent, Body.keep(rendered.body))
        started, begun = time.time() * 1000, time.perf_counter()
        response, failure = None, None
        try:
            async with asyncio.timeout((timeout_s or self._timeout_s) + over_s):
                response = await self._exchange(rendered, sent, over_s)
        except TimeoutError:
            failure = Failure(FailureKind.TIMEOUT, f"no answer within {timeout_s or self._timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
            failure = failure_of(error)
        return Exchange(exchange_id, "http", operation, request, response, failure, started, (time.perf_counter() - begun) * 1000)

    async def _exchange(self, rendered: Rendered, headers: Mapping[str, str], over_s: float) -> Response:
        # httpx would add and normalise: the URL goes as it is rendered, and Content-Length only where there is a body.
        content: bytes | AsyncIterator[bytes] | None = rendered.body or None
        if over_s and rendered.body:
            headers, content = {**headers, "content-length": str(len(rendered.body))}, _slowly(rendered.body, over_s)
        request = self._http.build_request(rendered.method, self.base_url + rendered.target, headers=dict(headers), content=content)
        if "accept" not in headers:
            request.headers.pop("accept", None)  # httpx's own is */*
        answer = await self._http.send(request, stream=True)
        try:
            chunks, size = [], 0
            async for chunk in answer.aiter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > ANSWER_BYTES:
                    break
        finally:
            await answer.aclose()
        return Response(
            answer.status_code,
            {name.lower(): value for name, value in answer.headers.items()},
            Body.keep(b"".join(chunks), ANSWER_KEPT_BYTES),
        )

    async def open_websocket(
        self, rendered: Rendered, *, exchange_id: str, headers: Mapping[str, str] | None = None, timeout_s: float = 10.0
    ) -> Socket:
        """Open a WebSocket, or try to: a refused upgrade is an exchange as well, of a socket that is not open."""
        sent = {name.lower(): value for name, value in {**self._headers, **rendered.headers, **(headers or {})}.items()}
        socket = Socket(exchange_id, Request(rendered.method, rendered.target, sent, Body.keep(b"")))
        url = "ws" + self.base_url.removeprefix("http") + rendered.target
        options: dict[str, Any] = {"local_addr": (self.local_address, 0), "proxy": None} if self.local_address else {}
        if url.startswith("wss") and isinstance(self._verify, ssl.SSLContext):
            options["ssl"] = self._verify
        await socket.open(url, sent, timeout_s, options)
        return socket

    async def open_raw(
        self, rendered: Rendered, operation: str, *, exchange_id: str, headers: Mapping[str, str] | None = None
    ) -> RawRequest:
        """A connection of its own for a request that the caller sends byte by byte; nothing is sent yet."""
        sent = {name.lower(): value for name, value in {**self._headers, **rendered.headers, **(headers or {})}.items() if value}
        raw = RawRequest(exchange_id, operation, rendered.method, urlsplit(self.base_url).path + rendered.target, sent)
        await raw.open(self.base_url, verify=self._verify, local_address=self.local_address)
        return raw

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


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


async def _slowly(body: bytes, over_s: float) -> AsyncIterator[bytes]:
    """A body in a few pieces, the last of them after this time."""
    size = -(-len(body) // PIECES)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(over_s / PIECES if start + size < len(body) else 0)


class _Connect(connect):
    """Opens a WebSocket where it is told to: a redirect is an answer, not an order."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _headers_of(answer: websockets.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.raw_items()}


def failure_of(error: BaseException) -> Failure:
    """What kind of failure an exception of the client is."""
    chain = _chain(error)
    text = str(error) or type(error).__name__
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        return Failure(FailureKind.TLS, text)
    if any(
        isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL) for cause in chain
    ):
        return Failure(FailureKind.LOCAL, text)
    if isinstance(error, httpx.TimeoutException):
        return Failure(FailureKind.TIMEOUT, text)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | ConnectionRefusedError):
        return Failure(FailureKind.CONNECT, text)
    if isinstance(error, httpx.ProtocolError | httpx.InvalidURL | websockets.WebSocketException):
        return Failure(FailureKind.PROTOCOL, text)
    if isinstance(error, OSError) and not isinstance(error, ConnectionResetError | BrokenPipeError):
        return Failure(FailureKind.CONNECT, text)
    return Failure(FailureKind.CLOSED, text)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found
