"""What the traffic wrote down of every message, in the order in which it happened, and the one comparison that says what is wrong.

No clock is read: what counts is which entry stands before which. A message that came over a request is as old as the beginning of that
request, since the broker may have read it any time after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Step(StrEnum):
    """What can happen to a message."""

    SENT = "sent"  # for the first time, to `who`
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # an answer that says no
    RECEIVED = "received"  # by `who`, who began to ask when the books had `since` entries
    CONFIRMED = "confirmed"  # by `who`, whose confirmation was answered


@dataclass(frozen=True)
class Entry:
    """One line."""

    step: Step
    id: str
    who: str = ""
    since: int = 0


class Wrong(StrEnum):
    """What must not be."""

    LOST = "acknowledged, and never delivered"
    DOUBLED = "delivered again after its confirmation was answered"
    MISDELIVERED = "delivered to somebody else"
    REFUSED_YET_CAME = "refused, and delivered"
    UNKNOWN = "delivered, but never sent"


@dataclass(frozen=True)
class Fault:
    """One thing that went wrong with one message."""

    wrong: Wrong
    id: str

    def __str__(self) -> str:
        return f"{self.id}: {self.wrong}"


@dataclass
class Books:
    """The entries so far."""

    entries: list[Entry] = field(default_factory=list)

    def now(self) -> int:
        """The point in the books at which a request begins."""
        return len(self.entries)

    def note(self, step: Step, identifier: str, who: str = "", since: int = 0) -> None:
        self.entries.append(Entry(step, identifier, who, since))

    def ids(self, step: Step) -> set[str]:
        return {entry.id for entry in self.entries if entry.step is step}

    def outstanding(self) -> set[str]:
        """What was acknowledged, but has not come yet."""
        return self.ids(Step.ACKNOWLEDGED) - self.ids(Step.RECEIVED)

    def __str__(self) -> str:
        return ", ".join(f"{len(self.ids(step))} {step}" for step in Step)


def compare(entries: Sequence[Entry]) -> list[Fault]:
    """Everything that is wrong in these books. They are complete: the recipients went on until nothing more came."""
    recipient = {entry.id: entry.who for entry in entries if entry.step is Step.SENT}
    acknowledged = {entry.id for entry in entries if entry.step is Step.ACKNOWLEDGED}
    refused = {entry.id for entry in entries if entry.step is Step.REFUSED} - acknowledged
    arrived = {entry.id for entry in entries if entry.step is Step.RECEIVED and entry.who == recipient.get(entry.id)}
    confirmed_at = {entry.id: at for at, entry in reversed(list(enumerate(entries))) if entry.step is Step.CONFIRMED}
    faults = [Fault(Wrong.LOST, identifier) for identifier in acknowledged - arrived]
    for entry in entries:
        if entry.step is not Step.RECEIVED:
            continue
        if entry.id not in recipient:
            faults.append(Fault(Wrong.UNKNOWN, entry.id))
        elif entry.who != recipient[entry.id]:
            faults.append(Fault(Wrong.MISDELIVERED, entry.id))
        elif entry.since > confirmed_at.get(entry.id, entry.since):
            faults.append(Fault(Wrong.DOUBLED, entry.id))
        elif entry.id in refused:
            faults.append(Fault(Wrong.REFUSED_YET_CAME, entry.id))
    return sorted(set(faults), key=str)
