"""Slow, endless and oversize senders: each waits alone, is answered early, and is cut off in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from ainp_harness.targets.embedded import EmbeddedTarget
from ainp_harness.wire.raw import parse_answer
from reference_broker.connections import MAX_HEAD_BYTES, UNREAD_BYTES
from tests.reference_broker.agents import Agent

POST = b"POST /api/v1/intents HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def line(target: EmbeddedTarget) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = target.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def status(reader: asyncio.StreamReader, within_s: float = 3.0) -> tuple[int, object]:
    data, answer = b"", None
    async with asyncio.timeout(within_s):
        while answer is None or answer.body.json() is None:  # its head and its body are written one after the other
            more = await reader.read(65_536)
            assert more, "the connection ended before its answer was whole"
            data += more
            answer = parse_answer(data, "POST")
    return answer.status, answer.body.json()


async def test_twenty_slow_senders_hold_up_nobody(target: EmbeddedTarget, http: httpx.AsyncClient, alice: Agent, bob: Agent) -> None:
    lines = [line(target) for _ in range(20)]
    streams = [await one.__aenter__() for one in lines]
    for number, (_, writer) in enumerate(streams):
        writer.write(POST + b"Content-Length: 500\r\n\r\n{" if number % 2 else POST)
    try:
        began = time.monotonic()
        for _ in range(5):
            assert (await alice.send(bob.did)).status_code == 202
        assert time.monotonic() - began < 2
    finally:
        for one in lines:
            await one.__aexit__(None, None, None)


async def test_an_announced_body_is_refused_before_it_comes(target: EmbeddedTarget) -> None:
    async with line(target) as (reader, writer):
        writer.write(POST + b"Content-Length: 100000000\r\n\r\n")
        assert (await status(reader))[0] == 413
        with_bound = b"x" * 65_536
        for _ in range(2 * UNREAD_BYTES // len(with_bound)):  # and who goes on is cut off
            writer.write(with_bound)
            try:
                await writer.drain()
            except OSError:
                return
        assert await asyncio.wait_for(_closed(reader), 3)


async def _closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read(1) == b""
    except OSError:
        return True


async def test_a_body_that_was_not_announced_is_refused_while_it_comes(target: EmbeddedTarget) -> None:
    async with line(target) as (reader, writer):
        writer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()
        assert (await status(reader))[0] == 413


async def test_an_endless_head_is_refused(target: EmbeddedTarget) -> None:
    for head in (b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ", b"GET /", b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 10_000):
        async with line(target) as (reader, writer):
            writer.write(head + b"x" * (MAX_HEAD_BYTES + 10))
            told, body = await status(reader)
            assert told == 431
            assert isinstance(body, dict)
            assert body["msg_type"] == "ERROR"


async def test_a_whole_head_that_is_too_long_is_refused(target: EmbeddedTarget) -> None:
    async with line(target) as (reader, writer):
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n")
        assert (await status(reader))[0] == 431


async def test_what_is_no_http_is_told_so(target: EmbeddedTarget) -> None:
    async with line(target) as (reader, writer):
        writer.write(b"hello\r\n\r\n")
        told, body = await status(reader)
        assert (told, isinstance(body, dict)) == (400, True)


async def test_a_connection_goes_on_after_a_large_body_in_good_order(target: EmbeddedTarget) -> None:
    async with line(target) as (reader, writer):
        for _ in range(2):
            writer.write(POST + b"Content-Length: 60000\r\n\r\n" + b"x" * 60_000)
            assert (await status(reader))[0] == 400
