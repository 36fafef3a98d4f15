"""The asyncio client: sends one rendered request, or holds one WebSocket, and yields the exchange. It never decides and never retries.

For conformance, where every byte counts and speed does not; load has an engine of its own.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.exchange import ANSWER_BYTES, ANSWER_KEPT_BYTES, Body, Exchange, Failure, FailureKind, Request, Response
from ainp_harness.wire.failures import failure_of
from ainp_harness.wire.raw import RawRequest
from ainp_harness.wire.sockets import Socket

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


async def _slowly(body: bytes, over_s: float) -> AsyncIterator[bytes]:
    """A body in a few pieces, the last of them after this time."""
    size = -(-len(body) // PIECES)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(over_s / PIECES if start + size < len(body) else 0)
