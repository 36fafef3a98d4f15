"""A request byte by byte, against servers that answer early, late, oddly or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ainp_harness.wire.exchange import FailureKind
from ainp_harness.wire.raw import RawRequest, greet, parse_answer

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def request(**headers: str) -> RawRequest:
    return RawRequest("x1", "send_intent", "POST", "/a", headers)


async def test_an_early_answer_is_seen_while_the_body_goes_out() -> None:
    heads: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(REFUSAL)
        await writer.drain()
        await reader.read(1)

    async with serving(refuse) as url:
        raw = request(**{"content-length": "1000"})
        assert await raw.open(url)
        await raw.send(raw.head)
        while not raw.answered and await raw.send_body(b"x" * 10):
            await raw.wait_answer(0.05)
        exchange = await raw.close()
    assert heads[0].startswith(b"POST /a HTTP/1.1\r\ncontent-length: 1000\r\nhost: 127.0.0.1:")
    assert exchange.kind == "raw"
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body.json()) == (413, {})
    assert 0 < exchange.request.body.total < 1000


async def test_a_closed_connection_and_silence_are_told_apart() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    kinds = []
    for serve in (hang_up, say_nothing):
        async with serving(serve) as url:
            raw = request()
            await raw.open(url)
            await raw.send(raw.head)
            await raw.wait_answer(0.2)
            exchange = await raw.close()
            assert exchange.response is None
            assert exchange.failure is not None
            kinds.append(exchange.failure.kind)
            assert not await raw.send_body(b"after the end")
    assert kinds == [FailureKind.CLOSED, FailureKind.TIMEOUT]


async def test_nobody_there() -> None:
    raw = request()
    assert not await raw.open("http://127.0.0.1:9")
    assert not await raw.send(b"x")
    exchange = await raw.close()
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.CONNECT


def test_what_is_no_answer_and_what_is_half_of_one() -> None:
    assert parse_answer(b"", "GET") is None
    assert parse_answer(b"INFO {}\r\n", "GET") is None
    half = parse_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "GET")
    assert half is not None
    assert half.body.data == b"abc"
    assert parse_answer(REFUSAL, "POST") is not None


async def test_what_a_port_says_first() -> None:
    async def introduce(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"INFO {}\r\n")
        await writer.drain()

    async with serving(introduce) as url:
        exchange = await greet("x1", "127.0.0.1", int(url.rpartition(":")[2]), b"")
    assert [frame.text for frame in exchange.frames] == ["INFO {}\r\n"]
    closed = await greet("x2", "127.0.0.1", 9, b"PING\r\n")
    assert closed.failure is not None
    assert closed.frames == ()
