"""A small, cheap HTTP/1.1 client for benchmarks of the broker: requests are bytes made beforehand, answers are read as far as their status.

Each lane is one kept connection with one request under way. Not for judging: that is the load engine's. Here it must only cost so little
that the broker's core is the one that is full.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

ANSWER_S = 10.0


@dataclass
class Tally:
    """What came of a run: latencies in seconds of what was answered, and how often each status came."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    elapsed_s: float = 0.0
    unsent: int = 0

    def good(self, status: int) -> int:
        return self.statuses[status]

    def rate(self, status: int) -> float:
        return self.good(status) / self.elapsed_s if self.elapsed_s else 0.0

    def quantile_ms(self, q: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1000 if ordered else float("inf")


class Lane(asyncio.Protocol):
    """One connection. `ask` sends one request and gives the status of its answer; 0 where the connection broke."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        status, self._buffer = int(self._buffer[9:12]), b""
        self._done(status)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._done(0)

    def _done(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    async def ask(self, request: bytes) -> int:
        if self._transport is None:
            return 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await asyncio.wait_for(self._answer, ANSWER_S)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def open_lanes(host: str, port: int, count: int, sources: Sequence[str] = ()) -> list[Lane]:
    """So many connections, from these source addresses in turn."""
    loop = asyncio.get_running_loop()
    lanes = []
    for number in range(count):
        local = (sources[number % len(sources)], 0) if sources else None
        _, lane = await loop.create_connection(Lane, host, port, local_addr=local)
        lanes.append(lane)
    return lanes


async def closed_loop(lanes: Sequence[Lane], requests: Iterator[bytes], seconds: float) -> Tally:
    """Every lane sends its next request once it has its answer: the most that the broker can do with so many callers."""
    tally = Tally()
    begun = time.perf_counter()
    until = begun + seconds

    async def work(lane: Lane) -> None:
        while (sent := time.perf_counter()) < until and (request := next(requests, None)) is not None:
            tally.statuses[await lane.ask(request)] += 1
            tally.latencies.append(time.perf_counter() - sent)

    await asyncio.gather(*(work(lane) for lane in lanes))
    tally.elapsed_s = time.perf_counter() - begun
    return tally


async def open_loop(lanes: Sequence[Lane], requests: Iterator[bytes], rate: float, seconds: float) -> Tally:
    """Requests are due at a constant rate whatever the broker does; latency counts from when a request was due."""
    tally = Tally()
    free = deque(lanes)
    wake = asyncio.Event()
    begun = time.perf_counter()
    count = int(rate * seconds)

    async def one(lane: Lane, request: bytes, due: float) -> None:
        tally.statuses[await lane.ask(request)] += 1
        tally.latencies.append(time.perf_counter() - due)
        free.append(lane)
        wake.set()

    tasks: set[asyncio.Task[None]] = set()
    for number in range(count):
        due = begun + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        while not free:
            wake.clear()
            await wake.wait()
        if (request := next(requests, None)) is None:
            tally.unsent = count - number
            break
        task = asyncio.create_task(one(free.popleft(), request, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    tally.elapsed_s = time.perf_counter() - begun
    return tally


def http_request(method: str, target: str, host: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
