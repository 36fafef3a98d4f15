"""The stream `ainp-intents` as every agent's queue: a message is stored under its recipient's subject, read from there in order of
priority, and deleted when the recipient confirms it or its deadline passes.

The broker keeps no queue of its own; `mailbox.py` only remembers what was seen waiting, so that a poll reads what is new and no more.
Who may read which mailbox was decided before anything here is called.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import nats.errors
import structlog

from ainp_harness.wire.canonical import compact
from ainp_harness.wire.envelope import Envelope, MsgType
from ainp_harness.wire.errors import ErrorCode
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError, unavailable
from reference_broker.handover import HandOver
from reference_broker.jetstream import NO_STREAM, SUBJECT_FULL, JetStream, StreamRefused
from reference_broker.mailbox import Bell, Mailbox, Waiting, subject_token

STREAM = "ainp-intents"
KIND_OF = {MsgType.INTENT: "intents", MsgType.RESULT: "results", MsgType.NEGOTIATE: "negotiate"}
RETENTION_NS = 7 * 24 * 3_600 * 1_000_000_000
"""Seven days (deployment summary, NATS JetStream)."""

MAILBOXES = 2_000
_log = structlog.get_logger("inbox")


class QueueFull(Exception):
    """This agent's queue takes no more."""


@dataclass(frozen=True)
class Delivery:
    """One message on its way to its recipient: the envelope is the JSON as it is stored."""

    delivery_id: str
    sequence: int
    envelope: bytes


class Inbox:
    """All queues: storing, reading, confirming, and being told when something comes."""

    def __init__(self, jetstream: JetStream, hand_over: HandOver, *, secret: bytes, queue_per_agent: int) -> None:
        self._jetstream = jetstream
        self._hand_over = hand_over
        self._secret = secret
        self._queue_per_agent = queue_per_agent
        self._boxes: OrderedDict[str, Mailbox] = OrderedDict()
        self._bells: set[Bell] = set()
        self._created = ""
        self.generation = 0
        """Goes up when the stream was made anew, and its sequences mean other messages."""
        self.draining = False
        jetstream.on_reconnected(self.ensure_stream)

    async def ensure_stream(self) -> None:
        """Make the stream, or bring it to its configuration; then look again at everything that waits."""
        try:
            info = await self._make_stream()
        except (BrokerError, StreamRefused) as error:
            _log.error("stream_not_ready", reason=str(error))
            raise unavailable() from error
        if info["created"] != self._created:
            self._created = info["created"]
            self.generation += 1
            self._boxes.clear()
        self.ring_all()

    async def check(self) -> None:
        """Raises unless the stream answers."""
        await self._jetstream.api(f"STREAM.INFO.{STREAM}")

    async def store(self, envelope: Envelope, did: str, *, deadline_ms: int) -> None:
        """Put a message into an agent's queue; when this returns the stream has it.

        Raises:
            QueueFull: the agent has too many messages waiting.
            BrokerError: UNAVAILABLE when the stream does not acknowledge, PAYLOAD_TOO_LARGE when it cannot hold the message.
        """
        headers = {
            "AINP-Priority": f"{envelope.qos.priority():.12f}",  # the smallest bid there is counts
            "AINP-Urgent": str(int(envelope.qos.urgency > 0.8)),
            "AINP-Deadline": str(deadline_ms),
            "Nats-TTL": str(max(1, math.ceil((deadline_ms - now_ms()) / 1000))),
        }
        if envelope.msg_type is MsgType.INTENT:
            headers["AINP-Intent"] = f"{envelope.id} {envelope.from_did}"
            headers["AINP-Asked"] = str(now_ms())
        subject = f"ainp.{KIND_OF[envelope.msg_type]}.{subject_token(did)}"
        try:
            await self._jetstream.publish(subject, compact(envelope.raw), headers)
        except StreamRefused as error:
            if error.code == SUBJECT_FULL:
                raise QueueFull from error
            _log.error("stream_refused", code=error.code, reason=str(error))
            if error.code == NO_STREAM:
                await self.ensure_stream()
            raise unavailable() from error
        except nats.errors.MaxPayloadError:
            _log.error("stream_takes_less_than_promised", max_payload=self._jetstream.max_payload)
            raise BrokerError(ErrorCode.PAYLOAD_TOO_LARGE, "payload: more than the stream holds") from None

    async def poll(self, did: str, *, limit: int, wait_s: float) -> list[Delivery]:
        """The best of what waits; when nothing does, what comes within the time."""
        found = await self.read(did, limit=limit)
        if found or wait_s <= 0:
            return found
        until = asyncio.get_running_loop().time() + wait_s
        async with self.listen(did) as bell:
            while True:
                found = await self.read(did, limit=limit)
                left = until - asyncio.get_running_loop().time()
                if found or left <= 0 or self.draining:
                    return found
                await bell.wait(left)

    async def read(self, did: str, *, limit: int) -> list[Delivery]:
        """What waits for this agent, in the order of delivery."""
        mailbox = self.mailbox(did)
        bodies = await mailbox.refresh()
        chosen: list[Delivery] = []
        candidates = mailbox.in_order()
        while candidates and len(chosen) < limit:
            some, candidates = candidates[: limit - len(chosen)], candidates[limit - len(chosen) :]
            data = await asyncio.gather(*(_body(mailbox, bodies, message.sequence) for message in some))
            there = [(message, body) for message, body in zip(some, data, strict=True) if body is not None]
            given = await self.hand_over(mailbox, [message for message, _ in there])
            chosen += [self.delivery(did, message.sequence, body) for message, body in there if message.sequence in given]
        return chosen

    async def hand_over(self, mailbox: Mailbox, messages: Sequence[Waiting]) -> set[int]:
        """The sequences of those that may be delivered now: all but the cancelled and the refused. From now on they cannot be cancelled."""
        given = {message.sequence for message in messages}
        asked = [message for message in messages if message.intent is not None and message.sequence not in mailbox.handed]
        intents = [(*message.intent, message.asked_at) for message in asked if message.intent is not None]
        answers = await asyncio.gather(*map(self._hand_over, intents))
        for message, may in zip(asked, answers, strict=True):
            if may:
                mailbox.handed.add(message.sequence)
            else:  # cancelled, by an instance that did not live to take it out; or stored after its sender was refused
                given.discard(message.sequence)
                await self._jetstream.delete(message.sequence)
                mailbox.forget(message.sequence)
        return given

    async def copies(self, intent: tuple[str, str], dids: Iterable[str]) -> list[tuple[Mailbox, int]]:
        """Where an intent still waits, unconfirmed."""
        found = []
        for mailbox in [self.mailbox(did) for did in dids]:
            await mailbox.refresh()
            sequences = [message.sequence for message in mailbox.waiting.values() if message.intent == intent]
            found += [(mailbox, sequence) for sequence in sequences if await mailbox.body(sequence) is not None]
        return found

    async def withdraw(self, intent: tuple[str, str], dids: Iterable[str]) -> None:
        """Take a cancelled intent out of these queues."""
        for mailbox, sequence in await self.copies(intent, dids):
            await self._jetstream.delete(sequence)
            mailbox.forget(sequence)

    async def confirm(self, did: str, delivery_ids: Sequence[str]) -> None:
        """Delete these messages for good. Ids that are unknown, confirmed already or another agent's do nothing."""
        sequences = [sequence for delivery_id in set(delivery_ids) if (sequence := self.sequence_of(did, delivery_id)) is not None]
        await asyncio.gather(*(self._jetstream.delete(sequence) for sequence in sequences))
        for sequence in sequences:
            self.mailbox(did).forget(sequence)

    def mailbox(self, did: str) -> Mailbox:
        box = self._boxes.get(did)
        if box is None:
            box = self._boxes[did] = Mailbox(self._jetstream, did)
            if len(self._boxes) > MAILBOXES:
                self._boxes.popitem(last=False)
        self._boxes.move_to_end(did)
        return box

    @asynccontextmanager
    async def listen(self, did: str) -> AsyncIterator[Bell]:
        """A bell that rings once a message for this agent has been stored, by whatever instance."""
        bell = Bell()

        async def ring(_data: bytes) -> None:
            bell.ring()

        subscription = await self._jetstream.subscribe(f"ainp-stored.*.{subject_token(did)}", ring)
        self._bells.add(bell)
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            try:
                await subscription.unsubscribe()
            except nats.errors.Error:
                _log.debug("subscription_gone")

    def drain(self) -> None:
        """Answer those who wait: this instance is going away."""
        self.draining = True
        self.ring_all()

    def ring_all(self) -> None:
        for bell in self._bells:
            bell.ring()

    def delivery(self, did: str, sequence: int, body: bytes) -> Delivery:
        return Delivery(f"{sequence}.{self._mark(did, sequence)}", sequence, body)

    def sequence_of(self, did: str, delivery_id: str) -> int | None:
        """The place in the stream of a delivery of this agent's; None for what is no delivery id, or another's."""
        number, _, mark = delivery_id.partition(".")
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            return None
        return int(number) if hmac.compare_digest(mark.encode(), self._mark(did, int(number)).encode()) else None

    def _mark(self, did: str, sequence: int) -> str:
        """Binds a delivery id to its agent, so that nobody confirms what is another's; the same on every instance."""
        return hashlib.blake2b(f"{did}\n{sequence}".encode(), key=self._secret, digest_size=8).hexdigest()

    async def _make_stream(self) -> dict[str, str]:
        configuration = {
            "name": STREAM,
            "subjects": [f"ainp.{kind}.>" for kind in KIND_OF.values()],
            "retention": "limits",
            "storage": "file",
            "num_replicas": 1,
            "max_age": RETENTION_NS,
            "discard": "new",
            "discard_new_per_subject": True,
            "max_msgs_per_subject": self._queue_per_agent,
            "allow_direct": True,
            "allow_msg_ttl": True,
            # Who listens is told once a message is stored, not when it is sent.
            "republish": {"src": "ainp.>", "dest": "ainp-stored.>", "headers_only": True},
        }
        try:
            return await self._jetstream.api(f"STREAM.CREATE.{STREAM}", configuration)
        except StreamRefused:  # it is there, with another configuration
            return await self._jetstream.api(f"STREAM.UPDATE.{STREAM}", configuration)


async def _body(mailbox: Mailbox, bodies: dict[int, bytes], sequence: int) -> bytes | None:
    return bodies[sequence] if sequence in bodies else await mailbox.body(sequence)
