"""A connection byte by byte: one request that is sent as slowly, or as far, as a probe likes, and what came back for it.

For what an ordinary client cannot do: a head that does not end, a body that is announced and not sent, a port that should not answer.
Every wait has a deadline; what was sent and received is an exchange of kind `raw`.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from ainp_harness.wire.exchange import ANSWER_KEPT_BYTES, REQUEST_KEPT_BYTES, Body, Exchange, Failure, FailureKind, Frame, Request, Response

READ_BYTES = 65_536
OPEN_S = 5.0
SEND_S = 5.0
"""For one piece: a peer that takes no more for so long has stopped reading."""


class RawRequest:
    """One HTTP request over a connection of its own. `body_sent` counts what the other side's system took, or what was on its way there."""

    def __init__(self, exchange_id: str, operation: str, method: str, target: str, headers: Mapping[str, str]) -> None:
        self._id = exchange_id
        self._operation = operation
        self._method, self._target, self._headers = method, target, dict(headers)
        self._started, self._begun = time.time() * 1000, time.perf_counter()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()
        self._received = bytearray()
        self._body = bytearray()
        self._failure: Failure | None = None
        self.body_sent = 0

    async def open(self, base_url: str, *, verify: ssl.SSLContext | bool = True, local_address: str | None = None) -> bool:
        """Connect; False where that fails, which the exchange then tells."""
        url = urlsplit(base_url)
        self._headers.setdefault("host", url.netloc)
        try:
            async with asyncio.timeout(OPEN_S):
                self._streams = await asyncio.open_connection(
                    url.hostname, url.port or (443 if url.scheme == "https" else 80),
                    ssl=_context(verify) if url.scheme == "https" else None,
                    local_addr=(local_address, 0) if local_address else None,
                )  # fmt: skip
        except TimeoutError:
            self._failure = Failure(FailureKind.TIMEOUT, f"not connected within {OPEN_S:g} s")
        except ssl.SSLError as error:
            self._failure = Failure(FailureKind.TLS, str(error))
        except OSError as error:
            self._failure = Failure(FailureKind.CONNECT, str(error))
        else:
            self._reading = asyncio.create_task(self._read(self._streams[0]))
        return self._streams is not None

    @property
    def head(self) -> bytes:
        """Request line and headers, to be sent whole or in pieces by `send`."""
        lines = [f"{self._method} {self._target} HTTP/1.1", *(f"{name}: {value}" for name, value in self._headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def send(self, data: bytes) -> bool:
        """Send some bytes; False when the other side takes no more."""
        if self._streams is None or self._failure is not None or self.over:
            return False
        writer = self._streams[1]
        try:
            writer.write(data)
            async with asyncio.timeout(SEND_S):
                await writer.drain()
        except TimeoutError:
            self._failure = Failure(FailureKind.TIMEOUT, f"the other side took nothing for {SEND_S:g} s")
        except OSError as error:
            self._failure = Failure(FailureKind.CLOSED, str(error) or type(error).__name__)
        return self._failure is None

    async def send_body(self, data: bytes) -> bool:
        """Send some bytes of the body; False when the other side takes no more."""
        taken = await self.send(data)
        if taken:
            self.body_sent += len(data)
            self._body += data[: max(0, REQUEST_KEPT_BYTES - len(self._body))]
        return taken

    @property
    def answered(self) -> bool:
        """Whether anything came back."""
        return bool(self._received)

    @property
    def over(self) -> bool:
        """Whether the other side has ended the connection."""
        return self._reading is not None and self._reading.done()

    async def wait_answer(self, timeout_s: float) -> None:
        """Wait until something comes back, the connection ends, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._heard.wait()

    async def close(self) -> Exchange:
        """Close, and give the exchange."""
        if self._streams is not None and self._reading is not None:
            if self.answered and not self.over:
                await asyncio.wait([self._reading], timeout=0.2)  # the rest of an answer that has begun
            self._failure = self._failure or self._silence()
            self._reading.cancel()
            writer = self._streams[1]
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(SEND_S):
                    await writer.wait_closed()
        response = parse_answer(bytes(self._received), self._method)
        failure = None if response is not None else self._failure
        request = Request(self._method, self._target, self._headers, Body(bytes(self._body), self.body_sent))
        taken_ms = (time.perf_counter() - self._begun) * 1000
        return Exchange(self._id, "raw", self._operation, request, response, failure, self._started, taken_ms)

    def _silence(self) -> Failure:
        if self.over:
            return Failure(FailureKind.CLOSED, "the other side closed the connection without an answer")
        return Failure(FailureKind.TIMEOUT, "no answer until we closed the connection")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await reader.read(READ_BYTES):
                self._received += data[: max(0, ANSWER_KEPT_BYTES - len(self._received))]
                self._heard.set()
        self._heard.set()


def parse_answer(data: bytes, method: str) -> Response | None:
    """The answer in what came back, as far as it came; None where that is no answer."""
    parsed = http.client.HTTPResponse(_Bytes(data), method=method)  # type: ignore[arg-type]
    try:
        parsed.begin()
        try:
            body = parsed.read()
        except http.client.IncompleteRead as error:
            body = error.partial
    except (http.client.HTTPException, ValueError, OSError):
        return None
    headers = {name.lower(): value for name, value in parsed.getheaders()}
    return Response(parsed.status, headers, Body.keep(body, ANSWER_KEPT_BYTES))


async def greet(exchange_id: str, host: str, port: int, hello: bytes, *, timeout_s: float = 3.0) -> Exchange:
    """Connect to a port, say something, and listen: what came back are the frames, byte for byte (latin-1)."""
    started, begun = time.time() * 1000, time.perf_counter()
    frames, failure = [], None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        failure = Failure(FailureKind.TIMEOUT, f"not connected within {timeout_s:g} s")
    except OSError as error:
        failure = Failure(FailureKind.CONNECT, str(error))
    else:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(timeout_s):
                writer.write(hello)
                await writer.drain()
                if said := await reader.read(READ_BYTES):
                    frames.append(Frame(time.time() * 1000, False, said.decode("latin-1")))
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(timeout_s):
                await writer.wait_closed()
    request = Request("CONNECT", f"{host}:{port}", {}, Body.keep(hello))
    taken_ms = (time.perf_counter() - begun) * 1000
    return Exchange(exchange_id, "raw", "port", request, None, failure, started, taken_ms, frames=tuple(frames))


class _Bytes:
    """What http.client takes for a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def _context(verify: ssl.SSLContext | bool) -> ssl.SSLContext:
    return verify if isinstance(verify, ssl.SSLContext) else ssl.create_default_context()
