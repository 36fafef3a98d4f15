"""The client against a broker that does whatever a broker may do: every case is an exchange, nothing raises."""

from __future__ import annotations

import asyncio
import errno
import ssl

import httpx
import orjson
import pytest

from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import ANSWER_BYTES, ANSWER_KEPT_BYTES, Exchange, FailureKind
from ainp_harness.wire.failures import failure_of
from ainp_harness.wire.sockets import Socket
from tests.wire.broker_stub import Answer, broker, close_frame, reset, says, silence, text_frame, unused_port, upgrades

ASK = Rendered("GET", "/x?a=%2F", {}, b"")
POST = Rendered("POST", "/x", {"content-type": "application/json"}, b'{"a":1}')


async def asked(answer: Answer, rendered: Rendered = ASK, timeout_s: float = 10.0) -> tuple[Exchange, list[bytes]]:
    async with broker(answer) as (url, heads), Client(url, timeout_s=timeout_s) as client:
        exchange = await client.send(rendered, "health", exchange_id="c0-1")
    orjson.dumps(exchange.to_data())
    return exchange, heads


async def opened(answer: Answer, timeout_s: float = 10.0) -> Exchange:
    async with broker(answer) as (url, _), Client(url) as client:
        socket = await client.open_websocket(Rendered("GET", "/ws", {}, b""), exchange_id="c0-1", timeout_s=timeout_s)
        await socket.wait_closed(2)
        exchange = await socket.close()
    orjson.dumps(exchange.to_data())
    return exchange


async def test_an_answer_is_an_exchange() -> None:
    exchange, heads = await asked(says(b'HTTP/1.1 202 OK\r\nX-A: b\r\ncontent-length: 7\r\n\r\n{"a":1}'), POST)

    assert exchange.response is not None
    assert exchange.failure is None
    assert (exchange.response.status, exchange.response.headers["x-a"], exchange.response.body.json()) == (202, "b", {"a": 1})
    assert exchange.request.body.data == POST.body
    assert heads[0].startswith(b"POST /x HTTP/1.1\r\n")
    assert exchange.duration_ms > 0


async def test_the_target_goes_as_it_is_rendered() -> None:
    _, heads = await asked(says(b"HTTP/1.1 204 X\r\n\r\n"))

    assert heads[0].startswith(b"GET /x?a=%2F HTTP/1.1\r\n")
    assert b"content-length" not in heads[0].lower()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (silence, FailureKind.TIMEOUT),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc", close=False), FailureKind.TIMEOUT),
        (reset, FailureKind.CLOSED),
        (says(b"no http at all\r\n\r\n"), FailureKind.PROTOCOL),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"), FailureKind.PROTOCOL),
        (says(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd"), None),
        (says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), FailureKind.PROTOCOL),
        (says(), None),
    ],
    ids=["silence", "half an answer", "reset", "no HTTP", "cut short", "no gzip", "no chunks", "closed"],
)
async def test_what_goes_wrong_is_an_exchange_too(answer: Answer, kind: FailureKind | None) -> None:
    exchange, _ = await asked(answer, timeout_s=0.2 if kind is FailureKind.TIMEOUT else 10.0)

    assert exchange.response is None
    assert exchange.failure is not None
    assert exchange.failure.message
    assert kind is None or exchange.failure.kind is kind


async def test_a_refused_connection() -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    async with Client(url) as client:
        exchange = await client.send(ASK, "health", exchange_id="c0-1")
        socket = await client.open_websocket(ASK, exchange_id="c0-2")

    for failed in (exchange, await socket.close()):
        assert failed.failure is not None
        assert failed.failure.kind is FailureKind.CONNECT


async def test_no_tls_where_https_is_expected() -> None:
    refuses = says(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
    async with broker(refuses, greets_at=b"\x16") as (url, _), Client("https" + url.removeprefix("http")) as client:
        exchange = await client.send(ASK, "health", exchange_id="c0-1")
        socket = await client.open_websocket(ASK, exchange_id="c0-2")

    for failed in (exchange, await socket.close()):
        assert failed.failure is not None
        assert failed.failure.kind is FailureKind.TLS


async def test_an_oversized_answer_is_cut_off() -> None:
    """What is longer than any answer is neither read nor kept whole, and says so."""
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (ANSWER_BYTES + 500_000)
    exchange, _ = await asked(says(endless))

    assert exchange.response is not None
    assert len(exchange.response.body.data) == ANSWER_KEPT_BYTES
    assert exchange.response.body.total > ANSWER_BYTES
    assert exchange.response.body.truncated


@pytest.mark.parametrize("location", [b"/elsewhere", b"http://[bad", b"https://\xff\xfe/", b"javascript:x"])
async def test_redirects_are_not_followed(location: bytes) -> None:
    exchange, heads = await asked(says(b"HTTP/1.1 302 X\r\nlocation: " + location + b"\r\ncontent-length: 0\r\n\r\n"))

    assert exchange.response is not None or exchange.failure is not None
    assert len(heads) == 1


async def test_cookies_are_not_kept() -> None:
    """A request carries what its exchange says: no memory of earlier answers, nor of other identities."""
    async with broker(says(b"HTTP/1.1 204 X\r\nset-cookie: session=1; path=/\r\n\r\n")) as (url, heads), Client(url) as client:
        for n in range(2):
            await client.send(ASK, "health", exchange_id=f"c0-{n}")

    assert len(heads) == 2
    assert not any(b"cookie" in head.lower() for head in heads)


async def test_a_websocket_and_its_frames() -> None:
    answer = upgrades(text_frame(b'{"a":1}'), b"\x82\x01\xff", text_frame(b"last"))
    async with broker(answer) as (url, _), Client(url) as client:
        socket = await client.open_websocket(Rendered("GET", "/ws", {}, b""), exchange_id="c0-1")
        received = await socket.wait_for(3, timeout_s=10)
        await socket.send("hello")
        exchange = await socket.close()

    assert [frame.text for frame in received] == ['{"a":1}', "\ufffd", "last"]
    assert exchange.response is not None
    assert exchange.response.status == 101
    assert [frame.text for frame in exchange.frames if frame.sent] == ["hello"]
    assert exchange.close_code is None, "we closed"


@pytest.mark.parametrize("code", [1000, 1008, 4001])
async def test_the_other_sides_close_code_is_kept(code: int) -> None:
    assert (await opened(upgrades(text_frame(b"x"), close_frame(code)))).close_code == code


@pytest.mark.parametrize("frame", [b"\x81\x01\xff", b"\xff\xff\xff\xff", b"\x81\x7f" + b"\x7f" + b"\xff" * 7])
async def test_frames_that_are_none(frame: bytes) -> None:
    exchange = await opened(upgrades(frame))

    assert exchange.frames == ()
    assert exchange.close_code is not None


@pytest.mark.parametrize("status", [101, 200, 302, 401, 429, 503])
async def test_a_refused_upgrade_is_an_answer(status: int) -> None:
    head = b"HTTP/1.1 %d X\r\nX-A: b\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\n{}" % status
    exchange = await opened(says(head))

    if status == 101:
        assert exchange.failure is not None, "an upgrade without its accept header"
        return
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.headers["x-a"], exchange.response.body.data) == (status, "b", b"{}")


async def test_headers_beyond_ascii_can_be_recorded() -> None:
    exchange = await opened(upgrades(close_frame(1000), headers=b"X-Name: caf\xc3\xa9 \xff\r\n"))

    assert exchange.response is not None
    assert exchange.response.headers["x-name"].startswith("caf")


@pytest.mark.parametrize(("answer", "kinds"), [(silence, {FailureKind.TIMEOUT}), (reset, {FailureKind.CLOSED, FailureKind.PROTOCOL})])
async def test_an_upgrade_that_gets_no_answer(answer: Answer, kinds: set[FailureKind]) -> None:
    exchange = await opened(answer, timeout_s=0.2 if kinds == {FailureKind.TIMEOUT} else 10.0)

    assert exchange.response is None
    assert exchange.failure is not None
    assert exchange.failure.kind in kinds


async def test_waiting_for_frames_has_an_end() -> None:
    async with broker(upgrades(text_frame(b"only"))) as (url, _), Client(url) as client:
        socket: Socket = await client.open_websocket(Rendered("GET", "/ws", {}, b""), exchange_id="c0-1")
        begun = asyncio.get_running_loop().time()
        received = await socket.wait_for(2, timeout_s=0.1)
        took = asyncio.get_running_loop().time() - begun
        await socket.close()

    assert [frame.text for frame in received] == ["only"]
    assert 0.05 < took < 5


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.EMFILE, "too many open files"), FailureKind.LOCAL),
        (OSError(errno.EADDRNOTAVAIL, "no address"), FailureKind.LOCAL),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), FailureKind.CONNECT),
        (ConnectionResetError(errno.ECONNRESET, "reset"), FailureKind.CLOSED),
        (OSError(errno.EHOSTUNREACH, "no route"), FailureKind.CONNECT),
        (ssl.SSLCertVerificationError("self-signed"), FailureKind.TLS),
        (httpx.ConnectTimeout("slow"), FailureKind.TIMEOUT),
        (httpx.RemoteProtocolError("no HTTP"), FailureKind.PROTOCOL),
        (httpx.ReadError("gone"), FailureKind.CLOSED),
    ],
)
def test_kinds_of_failure(error: BaseException, kind: FailureKind) -> None:
    assert failure_of(error).kind is kind


def test_the_cause_of_a_failure_tells_its_kind() -> None:
    error = httpx.ConnectError("")
    error.__cause__ = OSError(errno.EMFILE, "too many open files")

    assert failure_of(error).kind is FailureKind.LOCAL
    assert failure_of(error).message == "ConnectError"


async def test_a_body_can_be_sent_slowly_and_is_not_late_for_that() -> None:
    heard = b""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard = await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(100)
        writer.write(b"HTTP/1.1 204 X\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Client(url, timeout_s=0.3) as client:
        exchange = await client.send(Rendered("POST", "/x", {}, b"x" * 100), "health", exchange_id="c0-1", over_s=0.5)

    assert exchange.response is not None
    assert exchange.duration_ms > 400
    assert b"content-length: 100" in heard.lower()
    assert b"transfer-encoding" not in heard.lower()
