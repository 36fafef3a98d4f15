"""The transport of a run: paced, recorded, and patient with a limiter. What probes send goes through here and nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from ainp_harness.evidence.recorder import Recorder
from ainp_harness.wire.binding import Binding, Rendered, pick_path, render
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import Exchange, FailureKind
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.raw import RawRequest, greet
from ainp_harness.wire.sockets import Socket
from conformance.kit.pacing import LONGEST_WAIT_S, Pacer

UNVERIFIED = frozenset({400, 401, 413, 415})
"""Statuses by which a signed request may have been refused before it was verified; then it counts against its address."""

LIMITED_IN_A_ROW = 6
"""Answers 429 one after another, each after the wait that it asked for: then there is nothing to wait for."""

CONNECTIONS_TRIED = 3
"""Health checks, a second apart, before a broker is called gone: a restart by its platform may take a moment."""

WAITS_FOR_LIMIT = 2
"""How often a request that met a limit is sent again."""


MakeClient = Callable[[str | None, str | None], Client]
"""By source address and base URL; None: whichever the system takes, and the run's."""


class BudgetSpent(Exception):
    """The run's request budget (--max-requests) is used up: nothing more is sent."""


@dataclass(frozen=True)
class Call:
    """Who sends, and how one request differs from what the binding renders."""

    probe: str | None = None
    attempt: int = 1
    by: Identity | None = None
    """Proves the request, or is the sender of its envelope."""
    proof: Callable[[Rendered, int], Mapping[str, str]] | None = None
    """Makes other proof headers than `by`'s: the question of probes about proof."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent instead of the rendered body."""
    address: str | None = None
    """A fixed source address."""
    expects_limit: bool = False
    """A 429 is the question, not something to wait for; such requests are not paced either."""
    base_url: str | None = None
    """Another instance of the broker than the one that the run is about."""
    over_s: float = 0.0
    """Send the body in pieces over so many seconds."""


class Transport:
    """Sends operations of a binding to one broker."""

    def __init__(self, binding: Binding, recorder: Recorder, pacer: Pacer, make_client: MakeClient, max_requests: int | None) -> None:
        self.binding = binding
        self.recorder = recorder
        self.pacer = pacer
        self._make_client = make_client
        self._clients: dict[tuple[str | None, str | None], Client] = {}
        self._left = max_requests
        self.sent = 0
        self.gone = ""
        """Why nothing more can be shown: the broker went away, or limits everything; empty while it answers."""
        self._limited_in_a_row = 0

    async def call(self, operation: str, values: Mapping[str, Any], call: Call) -> Exchange:
        """One operation; waits for the limiter before and, where it says 429 all the same, after.

        Raises:
            KeyError: the binding does not offer the operation.
            BudgetSpent: the run may send no more requests.
        """
        rendered = render(self.binding.operations[operation], values)
        if call.body is not None:
            rendered = replace(rendered, body=call.body)
        return await self.request(operation, rendered, call)

    async def request(self, operation: str, rendered: Rendered, call: Call) -> Exchange:
        """One rendered request, of an operation or beside the binding (an unknown path)."""
        for attempt in range(WAITS_FOR_LIMIT + 1):
            exchange = await self._once(operation, rendered, call)
            limited = exchange.response is not None and exchange.response.status == 429
            if not limited or call.expects_limit or attempt == WAITS_FOR_LIMIT:
                break
            self.recorder.record(exchange.tagged("paced"))
            self._limited_in_a_row += 1
            if self._limited_in_a_row >= LIMITED_IN_A_ROW:
                self.gone = "the broker answers 429 whatever is sent and however long it is waited for"
                break
            self.pacer.announce(f"waiting {self.retry_after_s(exchange):.0f} s, as the broker's limiter asks")
            await asyncio.sleep(self.retry_after_s(exchange))
        if not (exchange.response is not None and exchange.response.status == 429):
            self._limited_in_a_row = 0
        return self.recorder.record(exchange)

    async def open_websocket(self, values: Mapping[str, Any], call: Call) -> Socket:
        """Open the binding's WebSocket. Its exchange is recorded by `close_websocket`."""
        return await self.open_rendered_websocket(render(self.binding.operations["websocket"], values), call)

    async def open_rendered_websocket(self, rendered: Rendered, call: Call) -> Socket:
        """Open a WebSocket at a target that is already rendered."""
        address = call.address
        if address is None and not call.expects_limit:
            address = await self.pacer.admit("websocket", call.by.did if call.by else None)
        self._spend()
        client = self._client(address, call.base_url)
        socket = await client.open_websocket(rendered, exchange_id=self.recorder.next_id(), headers=self._headers(rendered, call))
        if call.address is None and not call.expects_limit and socket.is_open:
            self.pacer.verified("websocket", address)
        return socket

    async def open_raw(self, operation: str, rendered: Rendered, call: Call) -> RawRequest:
        """A request over a connection of its own, sent by the caller byte by byte. Its exchange is recorded by `close_raw`."""
        self._spend()
        headers = self._headers(rendered, call)
        return await self._client(call.address).open_raw(rendered, operation, exchange_id=self.recorder.next_id(), headers=headers)

    async def close_raw(self, raw: RawRequest, call: Call) -> Exchange:
        return self.recorder.record(replace(await raw.close(), probe=call.probe, attempt=call.attempt))

    async def greet(self, port: int, hello: bytes, call: Call) -> Exchange:
        """Knock at another port of the broker's host."""
        self._spend()
        host = urlsplit(self._client(None).base_url).hostname or ""
        exchange = await greet(self.recorder.next_id(), host, port, hello)
        return self.recorder.record(replace(exchange, probe=call.probe, attempt=call.attempt))

    async def plain_http(self, operation: str, rendered: Rendered, call: Call) -> Exchange:
        """The request over http, at the same host's port 80, where the base URL is https."""
        self._spend()
        host = urlsplit(self._client(None).base_url).hostname or ""
        async with Client(f"http://{host}", timeout_s=5.0) as client:
            exchange = await client.send(rendered, operation, exchange_id=self.recorder.next_id())
        return self.recorder.record(replace(exchange, probe=call.probe, attempt=call.attempt))

    async def close_websocket(self, socket: Socket, call: Call) -> Exchange:
        return self.recorder.record(replace(await socket.close(), probe=call.probe, attempt=call.attempt))

    async def reconnect(self) -> None:
        """Let go of every connection: the broker was ended on purpose, and what is open to it is not worth a request."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()

    async def close(self) -> None:
        await self.reconnect()

    async def _once(self, operation: str, rendered: Rendered, call: Call) -> Exchange:
        did = call.by.did if call.by else None
        address = call.address
        if address is None and not call.expects_limit:
            address = await self.pacer.admit(operation, did)
        self._spend()
        headers = self._headers(rendered, call)
        exchange = await self._client(address, call.base_url).send(
            rendered, operation, exchange_id=self.recorder.next_id(), headers=headers, over_s=call.over_s
        )
        if exchange.failure is not None and exchange.failure.kind is FailureKind.CONNECT:
            self.gone = self.gone or await self._went_away()
        unverified = exchange.response is None or exchange.response.status in UNVERIFIED
        if call.address is None and not call.expects_limit and not unverified:
            self.pacer.verified(operation, address)
        return replace(exchange, probe=call.probe, attempt=call.attempt)

    async def _went_away(self) -> str:
        """Whether nobody answers any more: several connections one after another, none of which is made; empty where somebody does."""
        rendered = render(self.binding.operations["health"], {}) if "health" in self.binding.operations else Rendered("GET", "/", {}, b"")
        for _ in range(CONNECTIONS_TRIED):
            self._spend()
            exchange = self.recorder.record(await self._client(None).send(rendered, "health", exchange_id=self.recorder.next_id()))
            if exchange.response is not None:
                return ""
            await asyncio.sleep(1)
        return "the broker went away during an earlier probe"

    def _headers(self, rendered: Rendered, call: Call) -> dict[str, str]:
        now_ms = int(time.time() * 1000)
        proof: Mapping[str, str] = {}
        if call.proof is not None:
            proof = call.proof(rendered, now_ms)
        return {**proof, **call.headers}

    def _client(self, address: str | None, base_url: str | None = None) -> Client:
        if (address, base_url) not in self._clients:
            self._clients[address, base_url] = self._make_client(address, base_url)
        return self._clients[address, base_url]

    def affords(self, wanted: int) -> int:
        """So many requests, or what the budget leaves."""
        return wanted if self._left is None else max(0, min(wanted, self._left - self.sent))

    def _spend(self) -> None:
        if self._left is not None and self.sent >= self._left:
            raise BudgetSpent(f"the budget of {self._left} requests is used up")
        self.sent += 1

    def retry_after_s(self, exchange: Exchange) -> float:
        """How long a 429 says to wait, within bounds; a few seconds where it does not say."""
        assert exchange.response is not None
        header = exchange.response.headers.get("retry-after", "")
        told = pick_path(self.binding.error.get("retry_after_ms", "retry_after_ms"), exchange.response.body.json())
        wait = float(header) if header.isdecimal() else float(told) / 1000 if isinstance(told, int | float) else 5.0
        return min(max(wait, 0.1), LONGEST_WAIT_S)


def own_proof(identity: Identity) -> Callable[[Rendered, int], Mapping[str, str]]:
    """Proof headers by this identity, made for each request as it is sent."""
    return lambda rendered, now_ms: identity.prove(method=rendered.method, target=rendered.target, timestamp_ms=now_ms, body=rendered.body)
