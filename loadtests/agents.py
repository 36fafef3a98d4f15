"""The connected agents: each holds a WebSocket, reads what it is sent, confirms it, and connects again when the connection breaks.

Where the broker has no WebSocket, agents poll instead; that is the scenario mailbox's work, and nothing of this runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import orjson
from gevent.lock import BoundedSemaphore
from websockets.http11 import Response

from ainp_harness.wire.binding import pick, render_value
from loadtests.agent_socket import WebSocket
from loadtests.agent_states import Connectedness
from loadtests.clock import Clock
from loadtests.connection import Endpoint
from loadtests.rendering import WireRequest
from loadtests.reply import ExchangeFailed
from loadtests.steps import Call
from loadtests.world import World

CONNECTING_AT_ONCE = 8
RECONNECT_S = (0.1, 0.3, 1.0, 2.0)
"""Pauses before the tries after a break; the last repeats. A break mended within 5 s counts as served (targets.toml, agents.served)."""

SERVED_BREAK_US = 5_000_000


class Agents:
    """All agents' WebSockets. `on_upgrade` is told of every upgrade: request, answer if any, failure text if any, start."""

    def __init__(
        self,
        world: World,
        endpoint: Endpoint,
        clock: Clock,
        *,
        render: Callable[[Call], WireRequest],
        on_upgrade: Callable[[WireRequest, Response | None, ExchangeFailed | None, int], None],
    ) -> None:
        self._world = world
        self._endpoint = endpoint
        self._clock = clock
        self._render = render
        self._on_upgrade = on_upgrade
        self._operation = world.binding.operations["websocket"]
        self._connecting = BoundedSemaphore(CONNECTING_AT_ONCE)
        self._greenlets: list[gevent.Greenlet] = []
        self._open: dict[int, WebSocket] = {}
        self._delivered: dict[tuple[int, str], str] = {}
        self.state = Connectedness()

    def start(self, ramp_s: float) -> None:
        """Connect all agents, spread over the ramp."""
        count = max(1, len(self._world.agents))
        self._greenlets = [gevent.spawn_later(number * ramp_s / count, self._live, number) for number in range(len(self._world.agents))]

    @property
    def connected(self) -> int:
        return len(self._open)

    def stop(self) -> None:
        gevent.killall(self._greenlets, block=True, timeout=1)
        for connection in list(self._open.values()):
            connection.close()
        self._open.clear()

    def _live(self, number: int) -> None:
        tries, down_since_us, was_connected = 0, self._clock(), False
        while True:
            connection = self._connect(number)
            if connection is None:
                gevent.sleep(RECONNECT_S[min(tries, len(RECONNECT_S) - 1)])
                tries += 1
                continue
            if was_connected and self._clock() - down_since_us > SERVED_BREAK_US:
                self.state.long_breaks += 1
            self.state.connected += not was_connected
            was_connected, tries = True, 0
            self._open[number] = connection
            try:
                self._read(number, connection)
            finally:
                self._open.pop(number, None)
                connection.close()
            self.state.breaks += 1
            down_since_us = self._clock()

    def _connect(self, number: int) -> WebSocket | None:
        agent = self._world.agents[number]
        with self._connecting:
            request = self._render(Call("websocket", {"did": agent.did}, by=agent))
            started_us = self._clock()
            answers: list[Response] = []
            try:
                connection = WebSocket(self._endpoint, self._clock, request, answers.append)
            except ExchangeFailed as failed:
                self.state.refused[failed.code] = self.state.refused.get(failed.code, 0) + 1
                self._on_upgrade(request, answers[0] if answers else None, failed, started_us)
                return None
            self._on_upgrade(request, answers[0] if answers else None, None, started_us)
            return connection

    def _read(self, number: int, connection: WebSocket) -> None:
        try:
            for text in connection.texts():
                self._frame(number, connection, text)
        except ExchangeFailed:
            return

    def _frame(self, number: int, connection: WebSocket, text: str) -> None:
        did, now_us = self._world.agents[number].did, self._clock()
        try:
            frame = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        if isinstance(frame, dict) and isinstance(frame.get("confirmed"), list):
            for delivery_id in frame["confirmed"]:
                message_id = self._delivered.pop((number, str(delivery_id)), None)
                if message_id is not None:
                    self._world.ledger.confirmed(message_id, did, now_us, delivery_id=str(delivery_id))
            return
        delivery_id, envelope = pick(self._operation, "delivery_id", frame), pick(self._operation, "envelope", frame)
        if not isinstance(envelope, dict) or delivery_id is None:
            return
        self._delivered[(number, str(delivery_id))] = message_id = str(envelope.get("id", "")).lower()
        confirm: Any = render_value(self._operation.confirm, {"delivery_ids": [delivery_id]})
        if confirm is not None:
            connection.send(orjson.dumps(confirm).decode())
        # A connection is sent a message once: the same again on it is a double, confirmed or not.
        self._world.ledger.received(message_id, did, now_us, delivery_id=str(delivery_id), reading=connection, asked_us=now_us)
