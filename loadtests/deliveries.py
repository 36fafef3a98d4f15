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
    received_by: list[str] = field(default_factory=list)

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

    def received(self, message_id: str, by: str, at_us: int) -> None:
        entry = self._entries.get(message_id)
        if entry is None:
            self.foreign += 1
            return
        entry.times += 1
        if by not in entry.received_by:
            entry.received_by.append(by)
        if entry.received_us == NEVER:
            entry.received_us = at_us
            if entry.acknowledged_us != NEVER:
                self.on_exchanged(entry)

    def confirmed(self, message_id: str, at_us: int) -> None:
        entry = self._entries.get(message_id)
        if entry is not None and entry.confirmed_us == NEVER:
            entry.confirmed_us = at_us

    def pending(self) -> Iterator[Delivery]:
        """Those that were acknowledged and have not been received and confirmed."""
        return (entry for entry in self._entries.values() if not entry.settled)

    def take_final(self, before_us: int) -> list[Delivery]:
        """Hand out and forget the entries whose deadline was before a time: long enough ago that a double would have come."""
        final = [entry for entry in self._entries.values() if entry.deadline_us < before_us]
        for entry in final:
            del self._entries[entry.id]
        return final
