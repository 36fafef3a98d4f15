"""Pushing over WebSockets: one session for each connected agent, which is sent what waits for it, in order, and confirms by frames.

A session reads the same mailbox that polling reads; being told that something was stored only wakes it. What it sent and nobody
confirmed stays in the stream, so a broken connection loses nothing. Proof and upgrade are checked in `routes/websocket.py`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from reference_broker.errors import BrokerError
from reference_broker.inbox import Delivery, Inbox
from reference_broker.jetstream import JetStream
from reference_broker.mailbox import Mailbox, Waiting
from reference_broker.presence import Presence

NOT_JSON, BINARY, GOING_AWAY, REPLACED, TRY_AGAIN = 1007, 1003, 1001, 4001, 1013
"""Close codes (docs/surface-v1.md). 1009, a frame over 1 MB, is the server's."""

PUSH_EVERY_S = 0.1
"""A returning agent gets at most ten waiting messages a second; urgent ones may pass (RFC-001, queue)."""

SEND_S = 30.0
RETRY_S = 1.0
CONNECTED = "ainp-presence.connected"

_log = structlog.get_logger("delivery")


class Session:
    """One WebSocket of one agent."""

    def __init__(self, websocket: WebSocket, did: str, inbox: Inbox) -> None:
        self.did = did
        self.opened_at = time.time_ns()
        self._websocket = websocket
        self._inbox = inbox
        self._sent: set[int] = set()
        self._generation = inbox.generation
        self.closing = False
        self.replaced_elsewhere = False
        self._writing = asyncio.Lock()

    async def close(self, code: int) -> None:
        if not self.closing:
            self.closing = True
            with suppress(RuntimeError, WebSocketDisconnect, OSError):
                await self._websocket.close(code)

    async def push(self) -> None:
        """Send what waits, then what comes, until the connection ends. What was waiting at the start is not sent all at once."""
        async with self._inbox.listen(self.did) as bell:
            mailbox = self._inbox.mailbox(self.did)
            bodies = await mailbox.refresh()
            backlog = frozenset(mailbox.waiting)
            while not self.closing:
                mailbox, backlog = self._current(mailbox, backlog)
                try:
                    bodies |= await mailbox.refresh()
                    while (message := self._next(mailbox)) is not None and not self.closing:
                        await self._send(mailbox, message, bodies.pop(message.sequence, None))
                        if message.sequence in backlog and not message.urgent:
                            await asyncio.sleep(PUSH_EVERY_S)
                            bodies = await mailbox.refresh()  # the others are read again: meanwhile another instance may confirm them
                except BrokerError:  # the stream does not answer: what waits goes on waiting
                    await bell.wait(RETRY_S)
                    continue
                bodies.clear()
                self._sent &= mailbox.waiting.keys()
                await bell.wait()

    async def receive(self) -> None:
        """Take confirmations until the connection ends."""
        while True:
            frame = await self._websocket.receive()
            if frame["type"] == "websocket.disconnect":
                return None
            if frame.get("text") is None:
                return await self.close(BINARY)
            await self._take(frame["text"])

    async def _take(self, text: str) -> None:
        """A frame of the agent's: a confirmation, which is answered."""
        try:
            ids = confirmed_ids(text)
        except ValueError:
            return await self.close(NOT_JSON)
        try:
            await self._inbox.confirm(self.did, ids)
        except BrokerError:
            return await self.close(TRY_AGAIN)
        return await self._write(orjson.dumps({"confirmed": ids}))

    def _frame(self, delivery: Delivery) -> bytes:
        """A waiting message as it is told over this connection."""
        return frame_of(delivery.delivery_id, delivery.envelope)

    def _current(self, mailbox: Mailbox, backlog: frozenset[int]) -> tuple[Mailbox, frozenset[int]]:
        """After the stream was made anew its sequences mean other messages."""
        if self._generation == self._inbox.generation:
            return mailbox, backlog
        self._generation = self._inbox.generation
        self._sent.clear()
        return self._inbox.mailbox(self.did), frozenset()

    def _next(self, mailbox: Mailbox) -> Waiting | None:
        unsent = (message for sequence, message in mailbox.waiting.items() if sequence not in self._sent)
        return min(unsent, key=lambda message: message.order, default=None)

    async def _send(self, mailbox: Mailbox, message: Waiting, body: bytes | None) -> None:
        body = await mailbox.body(message.sequence) if body is None else body
        if body is None or not await self._inbox.hand_over(mailbox, [message]):  # confirmed, expired or cancelled meanwhile
            return
        self._sent.add(message.sequence)
        await self._write(self._frame(self._inbox.delivery(self.did, message.sequence, body)))

    async def _write(self, frame: bytes) -> None:
        async with self._writing, asyncio.timeout(SEND_S):
            await self._websocket.send_text(frame.decode())


class Sessions:
    """All sessions of this instance; an agent has one in the whole deployment."""

    def __init__(self, inbox: Inbox, presence: Presence, jetstream: JetStream, *, presence_s: float) -> None:
        self._inbox = inbox
        self._presence = presence
        self._jetstream = jetstream
        self._refresh_s = presence_s / 3
        self._open: dict[str, Session] = {}

    async def start(self) -> None:
        await self._jetstream.subscribe(CONNECTED, self._elsewhere)

    async def serve(self, websocket: WebSocket, did: str, kind: type[Session] = Session) -> None:
        """An accepted WebSocket, until its end. `kind`: how it speaks."""
        session = kind(websocket, did, self._inbox)
        if (older := self._open.get(did)) is not None:
            await older.close(REPLACED)
        self._open[did] = session
        await self._presence.connected(did)
        await self._jetstream.say(CONNECTED, orjson.dumps({"did": did, "opened_at": session.opened_at}))
        tasks = [asyncio.create_task(work) for work in (session.push(), session.receive(), self._stay_present(did))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if error is not None and not session.closing and not isinstance(error, BrokerError | WebSocketDisconnect | OSError):
                    _log.error("session_failed", exc_info=error)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await session.close(TRY_AGAIN)
            if self._open.get(did) is session:
                del self._open[did]
                await self._presence.disconnected(did, elsewhere=session.replaced_elsewhere)

    async def close_all(self) -> None:
        """This instance is going away."""
        await asyncio.gather(*(session.close(GOING_AWAY) for session in list(self._open.values())))

    async def _elsewhere(self, data: bytes) -> None:
        """An agent has connected to some instance: an older session of it here ends."""
        said = orjson.loads(data)
        session = self._open.get(said["did"])
        if session is not None and session.opened_at < said["opened_at"]:
            session.replaced_elsewhere = True
            await session.close(REPLACED)

    async def _stay_present(self, did: str) -> None:
        while True:
            await asyncio.sleep(self._refresh_s)
            await self._presence.connected(did)
            await self._presence.proved(did)


def frame_of(delivery_id: str, envelope: bytes) -> bytes:
    """{delivery_id, envelope}, the envelope's JSON as it is stored."""
    return b'{"delivery_id":"' + delivery_id.encode() + b'","envelope":' + envelope + b"}"


def confirmed_ids(text: str) -> list[str]:
    """The ids of a frame {confirm: [delivery_id]}.

    Raises:
        ValueError: it is none.
    """
    value = orjson.loads(text)
    ids = value.get("confirm") if isinstance(value, dict) else None
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise ValueError("not {confirm: [delivery_id]}")
    return ids
