"""A broker on loopback that answers with fixed bytes, whatever they are, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

Answer = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

UPGRADE_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@contextlib.asynccontextmanager
async def broker(answer: Answer, *, greets_at: bytes = b"\r\n\r\n") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that calls `answer` with each request's head, which ends in `greets_at`; gives its URL and the heads."""
    heads: list[bytes] = []
    served: list[tuple[asyncio.Task[None] | None, asyncio.StreamWriter]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append((asyncio.current_task(), writer))
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError, ConnectionError):
            while True:
                head = await reader.readuntil(greets_at)
                heads.append(head)
                await answer(head, reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        server.close()
        for task, writer in served:
            if task is not None:
                task.cancel()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def says(*chunks: bytes, close: bool = True) -> Answer:
    """These bytes, and then the end of the connection."""

    async def answer(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
        await writer.drain()
        if close:
            writer.close()

    return answer


async def silence(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def reset(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def upgrades(*frames: bytes, headers: bytes = b"") -> Answer:
    """A WebSocket that opens and sends these frames."""

    async def answer(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")).split(b": ")[1]
        accept = base64.b64encode(hashlib.sha1(key + UPGRADE_KEY, usedforsecurity=False).digest())
        writer.write(
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n" + headers + b"\r\n"
        )
        for frame in frames:
            writer.write(frame)
        await writer.drain()
        await reader.read(1000)  # the client's close
        writer.close()

    return answer


def text_frame(data: bytes) -> bytes:
    return b"\x81" + bytes([len(data)]) + data


def close_frame(code: int) -> bytes:
    return b"\x88\x02" + struct.pack(">H", code)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
