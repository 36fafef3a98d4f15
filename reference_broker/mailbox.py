"""What waits for one agent, as far as this instance has read the stream: an index in the order of delivery, without the bodies.

It may be forgotten at any time and read again. That a message still waits is decided by the stream, not here: whoever hands one over
has just read it from there. Storing and confirming are `inbox.py`'s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from reference_broker.clock import now_ms
from reference_broker.jetstream import JetStream, Stored

KEEP_BODIES_BYTES = 8 * 1_048_576
"""How much of what a mailbox has just read is kept until it is handed over; the rest is read again by sequence."""


@dataclass(frozen=True)
class Waiting:
    """What is known of a waiting message without its body."""

    sequence: int
    priority: float
    urgent: bool
    deadline_ms: int
    stored_at: str
    """When the stream took it, as the server writes it."""
    intent: tuple[str, str] | None = None
    """(id, sender) of an INTENT, which can be cancelled until it is handed over."""
    asked_at: int = 0
    """When an instance asked the stream to store it, in Unix milliseconds of that instance."""

    @property
    def order(self) -> tuple[float, int]:
        """By priority, then first in first out."""
        return (-self.priority, self.sequence)


class Bell:
    """Rings when something new may be waiting."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, for_s: float | None = None) -> None:
        try:
            async with asyncio.timeout(for_s):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()


class Mailbox:
    """What waits for one agent, as far as the stream has been read."""

    def __init__(self, jetstream: JetStream, did: str) -> None:
        self._jetstream = jetstream
        self._subjects = f"ainp.*.{subject_token(did)}"
        self._lock = asyncio.Lock()
        self._next = 1
        self.waiting: dict[int, Waiting] = {}
        self.handed: set[int] = set()
        """Intents among them that can no longer be cancelled."""

    async def refresh(self) -> dict[int, bytes]:
        """Read what is new in the stream; bodies of it, by sequence, as far as they are not too large to hold."""
        bodies: dict[int, bytes] = {}
        room = KEEP_BODIES_BYTES
        async with self._lock:
            more = True
            while more:
                new = await self._jetstream.read(self._subjects, start=self._next)
                for message in new:
                    self.waiting[message.sequence] = _waiting(message)
                    room -= len(message.data)
                    if room > 0:
                        bodies[message.sequence] = message.data
                    self._next = message.sequence + 1
                more = bool(new) and new[-1].headers.get("Nats-Num-Pending") != "0"
            now = now_ms()
            for sequence in [s for s, message in self.waiting.items() if message.deadline_ms < now]:
                self.forget(sequence)
        return bodies

    async def body(self, sequence: int) -> bytes | None:
        """The message itself; None, and no longer waiting, when it is gone from the stream."""
        stored = await self._jetstream.get(sequence)
        if stored is None:
            self.forget(sequence)
        return stored.data if stored else None

    def forget(self, sequence: int) -> None:
        self.waiting.pop(sequence, None)
        self.handed.discard(sequence)

    def in_order(self) -> list[Waiting]:
        return sorted(self.waiting.values(), key=lambda message: message.order)


def subject_token(did: str) -> str:
    """A DID as one token of a NATS subject (docs/surface-v1.md)."""
    for character in "%.*> ":
        did = did.replace(character, f"%{ord(character):02X}")
    return did


def _waiting(message: Stored) -> Waiting:
    headers = message.headers
    identifier, _, sender = headers.get("AINP-Intent", "").partition(" ")
    return Waiting(
        sequence=message.sequence,
        priority=float(headers.get("AINP-Priority", 0)),
        urgent=headers.get("AINP-Urgent") == "1",
        deadline_ms=int(headers.get("AINP-Deadline", 0)),
        intent=(identifier, sender) if sender else None,
        asked_at=int(headers.get("AINP-Asked", headers.get("AINP-Deadline", 0))),
        stored_at=headers.get("Nats-Time-Stamp", ""),
    )
