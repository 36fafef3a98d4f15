"""Which intents and results went out, were acknowledged, came in, at whom and how often: the evidence of agents.served and route.success.

A ledger in memory, written to by scenarios and agents with times given by them: no clock, no I/O. Entries are handed out once final.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from loadtests.arrivals import Arrival

NEVER = -1


@dataclass(slots=True)
class Delivery:
    """One message on its way. Times are Unix microseconds, -1 is never."""

    arrival: Arrival
    """The arrival that sent it; an answer has that of its intent, due at the acknowledgement."""
    id: str
    from_did: str
    to_did: str
    kind: str
    intended_us: int
    allowed_us: int
    """How long after the intended start it is still in time."""
    acknowledged_us: int = NEVER
    received_us: int = NEVER
    confirmed_us: int = NEVER
    times: int = 0
    """Deliveries, not readings: until it is confirmed, a message comes again under the same delivery id, and must."""
    received_by: list[str] = field(default_factory=list)
    handovers: dict[tuple[str, str], Handover] = field(default_factory=dict)
    """By receiver and delivery id."""

    @property
    def scenario(self) -> str:
        return self.arrival.scenario

    @property
    def deadline_us(self) -> int:
        return self.intended_us + self.allowed_us

    @property
    def in_time(self) -> bool:
        return NEVER < self.received_us <= self.deadline_us

    @property
    def settled(self) -> bool:
        """Nothing more is to be expected: refused, or received and confirmed."""
        return self.acknowledged_us == NEVER or (self.received_us != NEVER and self.confirmed_us != NEVER)


@dataclass(slots=True)
class Handover:
    """A message as handed to one receiver under one delivery id."""

    reading: object
    """Where it was read last: an answer to a poll, or a WebSocket's connection."""
    confirmed_us: int = NEVER

    def doubled_by(self, reading: object, asked_us: int) -> bool:
        """Whether seeing it again is one delivery too many: twice in one reading, or asked for once its confirmation was answered."""
        return reading is self.reading or (NEVER < self.confirmed_us < asked_us)


class Ledger:
    """All messages of a run that may still change."""

    def __init__(self) -> None:
        self._entries: dict[str, Delivery] = {}
        self.on_acknowledged: Callable[[Delivery], None] = lambda _: None
        self.on_exchanged: Callable[[Delivery], None] = lambda _: None
        """Called once for a message that is both acknowledged and received, whichever comes last."""
        self.foreign = 0
        """Messages received that nobody here sent: leftovers of an earlier run."""

    def sent(self, delivery: Delivery) -> None:
        self._entries[delivery.id] = delivery

    def acknowledged(self, message_id: str, at_us: int) -> None:
        entry = self._entries.get(message_id)
        if entry is not None and entry.acknowledged_us == NEVER:
            entry.acknowledged_us = at_us
            self.on_acknowledged(entry)
            if entry.received_us != NEVER:
                self.on_exchanged(entry)

    def received(self, message_id: str, by: str, at_us: int, *, delivery_id: str, reading: object, asked_us: int) -> None:
        """A message was read. `reading` is the answer or connection that had it, `asked_us` when that was asked for."""
        entry = self._entries.get(message_id)
        if entry is None:
            self.foreign += 1
            return
        handover = entry.handovers.get((by, delivery_id))
        if handover is None:
            entry.handovers[by, delivery_id] = Handover(reading)
            entry.times += 1
        else:
            entry.times += handover.doubled_by(reading, asked_us)
            handover.reading = reading
        if by not in entry.received_by:
            entry.received_by.append(by)
        if entry.received_us == NEVER:
            entry.received_us = at_us
            if entry.acknowledged_us != NEVER:
                self.on_exchanged(entry)

    def confirmed(self, message_id: str, by: str, at_us: int, *, delivery_id: str) -> None:
        """A confirmation was answered with success."""
        entry = self._entries.get(message_id)
        if entry is None:
            return
        if entry.confirmed_us == NEVER:
            entry.confirmed_us = at_us
        handover = entry.handovers.get((by, delivery_id))
        if handover is not None and handover.confirmed_us == NEVER:
            handover.confirmed_us = at_us

    def pending(self) -> Iterator[Delivery]:
        """Those that were acknowledged and have not been received and confirmed."""
        return (entry for entry in self._entries.values() if not entry.settled)

    def take_final(self, before_us: int) -> list[Delivery]:
        """Hand out and forget the entries whose deadline was before a time: long enough ago that a double would have come."""
        final = [entry for entry in self._entries.values() if entry.deadline_us < before_us]
        for entry in final:
            del self._entries[entry.id]
        return final
