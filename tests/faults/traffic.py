"""Agents that send, receive and confirm, over every instance, and write down what happened to each message (`books.py`).

Senders send half of what was refused again, as clients do. Recipients read by polling for a while, then over a WebSocket, then by
polling again, each time at another instance; now and then they leave something unconfirmed, to get it once more.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.books import Books, Step
from tests.faults.callers import Callers, calling
from tests.reference_broker.agents import Agent, now_ms

SENDERS = 12
RECIPIENTS = 6
PAUSE_S = 0.1
"""Between two messages of a sender: about 100 messages a second in all."""

TRY_AGAIN_S = 0.4
SETTLE_S = 15.0
"""After the last message: until everything that was acknowledged has been confirmed. A broker that lost some never gets there."""


@dataclass
class Traffic:
    """All agents of one test. The random choices are the seed's; what happens when is the broker's."""

    callers: Callers
    rng: random.Random
    books: Books = field(default_factory=Books)
    unexpected: list[str] = field(default_factory=list)
    """Answers that no client should have to expect: neither done, nor unavailable, nor known already."""
    recipients: list[Agent] = field(default_factory=list)
    sending: bool = True
    receiving: bool = True

    # -- senders

    async def send_for_ever(self, sender: Agent) -> None:
        while self.sending:
            await self._send(sender, self.rng.choice(self.recipients))
            await asyncio.sleep(PAUSE_S * self.rng.uniform(0.5, 1.5))

    async def _send(self, sender: Agent, recipient: Agent) -> None:
        message = sender.intent(recipient.did)
        self.books.note(Step.SENT, message["id"], recipient.did)
        gives_up = self.rng.random() < 0.5
        all_answered = True
        while True:
            answer = await self.callers.ask("send", sender, lambda agent: agent.post("/api/v1/intents", message))
            if answer is None or answer.status_code == 409:  # taken perhaps, by an attempt whose answer got lost
                all_answered = False
            elif answer.status_code == 202:
                return self.books.note(Step.ACKNOWLEDGED, message["id"])
            elif answer.status_code != 503 or "Retry-After" not in answer.headers:
                self.unexpected.append(f"send: {answer.status_code} {answer.text[:200]}")
            if gives_up or not self.sending or (answer is not None and answer.status_code == 409):
                break
            await asyncio.sleep(TRY_AGAIN_S)
        return self.books.note(Step.REFUSED, message["id"]) if all_answered else None

    # -- recipients

    async def receive_for_ever(self, recipient: Agent) -> None:
        while self.receiving:
            until = time.monotonic() + self.rng.uniform(0.5, 2)
            while self.receiving and time.monotonic() < until:
                await self.poll(recipient)
            if self.sending:  # of a backlog a WebSocket is sent ten a second: the rest is polled
                await self._listen(recipient, self.rng.uniform(0.5, 2))

    async def poll(self, recipient: Agent, wait_ms: int = 300) -> int | None:
        """Read and confirm what waits; how many there were, None where the broker did not say."""
        since = self.books.now()
        path = f"{recipient.inbox}?limit=200&wait_ms={wait_ms}"
        answer = await self.callers.ask("poll", recipient, lambda agent: agent.proven("GET", path))
        if not self._done("poll", answer, 200):
            await asyncio.sleep(0.1)
            return None
        messages = answer.json()["messages"]
        for message in messages:
            self.books.note(Step.RECEIVED, message["envelope"]["id"], recipient.did, since)
        handled = [message for message in messages if self.rng.random() < 0.9]
        await self._confirm(recipient, {message["delivery_id"]: message["envelope"]["id"] for message in handled})
        return len(messages)

    async def _confirm(self, recipient: Agent, ids: dict[str, str]) -> None:
        if not ids:
            return
        answer = await self.callers.ask("confirm", recipient, lambda agent: agent.confirm(*ids))
        if self._done("confirm", answer, 204):
            for identifier in ids.values():
                self.books.note(Step.CONFIRMED, identifier, recipient.did)

    def _done(self, operation: str, answer: httpx.Response | None, status: int) -> TypeGuard[httpx.Response]:
        """Whether the broker did it; that it cannot just now is all that it may say otherwise."""
        if answer is not None and answer.status_code not in (status, 503):
            self.unexpected.append(f"{operation}: {answer.status_code} {answer.text[:200]}")
        return answer is not None and answer.status_code == status

    async def _listen(self, recipient: Agent, for_s: float) -> None:
        try:
            async with asyncio.timeout(for_s), self._socket(recipient) as socket:
                ids: dict[str, str] = {}
                while True:
                    self._hear(recipient, ids, json.loads(await socket.recv()))
                    if ids and self.rng.random() < 0.9:
                        await socket.send(json.dumps({"confirm": list(ids)}))
        except (OSError, TimeoutError, WebSocketException):
            await asyncio.sleep(0.05)

    def _hear(self, recipient: Agent, ids: dict[str, str], frame: dict[str, Any]) -> None:
        """One frame. Frames of one connection come in the order in which they were sent, so what came is no older than now."""
        for delivery_id in frame.get("confirmed", ()):
            if (identifier := ids.pop(delivery_id, None)) is not None:
                self.books.note(Step.CONFIRMED, identifier, recipient.did)
        if "envelope" in frame:
            ids[frame["delivery_id"]] = frame["envelope"]["id"]
            self.books.note(Step.RECEIVED, frame["envelope"]["id"], recipient.did, self.books.now())

    @asynccontextmanager
    async def _socket(self, recipient: Agent) -> AsyncIterator[ClientConnection]:
        path = f"/api/v1/ws?did={recipient.did}"
        headers = recipient.identity.prove(method="GET", target=path, timestamp_ms=now_ms())
        url = self.rng.choice(list(self.callers.clients)).replace("http:", "ws:") + path
        async with connect(url, additional_headers={**headers, "X-Forwarded-For": recipient.address}, close_timeout=0.5) as socket:
            yield socket

    # -- from beginning to end

    async def settle(self, within_s: float) -> None:
        """Stop sending, and go on receiving until everything acknowledged has come."""
        self.sending = False
        until = time.monotonic() + within_s
        while self.books.outstanding() and time.monotonic() < until:  # noqa: ASYNC110  # what comes is noted in one place only
            await asyncio.sleep(0.1)
        self.receiving = False

    async def empty(self, recipient: Agent) -> None:
        """Read on until nothing waits: what was confirmed and comes again would come now."""
        for _ in range(20):
            if await self.poll(recipient, wait_ms=0) == 0:
                return


@asynccontextmanager
async def traffic(urls: Sequence[str], seed: int, *, settle_s: float = SETTLE_S) -> AsyncIterator[Traffic]:
    """Traffic while the body runs; at its end the books are complete."""
    async with calling(urls, seed) as callers:
        running = Traffic(callers, random.Random(seed))
        running.recipients = [callers.agent() for _ in range(RECIPIENTS)]
        for recipient in running.recipients:
            assert (await recipient.register()).status_code == 201
        async with asyncio.TaskGroup() as tasks:
            receiving = [tasks.create_task(running.receive_for_ever(recipient)) for recipient in running.recipients]
            sending = [tasks.create_task(running.send_for_ever(callers.agent())) for _ in range(SENDERS)]
            try:
                yield running
            except BaseException:
                for task in (*sending, *receiving):
                    task.cancel()
                raise
            await running.settle(settle_s)
        await asyncio.gather(*(running.empty(recipient) for recipient in running.recipients))
