"""What is recorded of an arrival: one row of samples (docs/bundle-format.md), and the exchange that it came from for whoever keeps some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ainp_harness.wire.exchange import Failure
from loadtests.rendering import WireRequest
from loadtests.reply import Reply
from loadtests.steps import Outcome

INFINITE = -1
NEVER = -1


@dataclass(frozen=True, slots=True)
class Sample:
    """One arrival. Times are Unix microseconds, durations microseconds."""

    scenario: str
    operation: str
    query_class: str
    arrival: int
    intended_us: int
    dispatched_us: int
    sent_us: int
    done_us: int
    """Last body byte; -1 where there was no whole answer."""
    status: int
    outcome: Outcome
    error_code: str
    bytes: int
    instance: str
    follows: bool = False
    """Due by an answer of the broker, not by the schedule: its lateness is not the generator's."""
    own_fault: bool = False
    """Unsent because the generator was late, not because the broker held every slot."""

    @property
    def latency_us(self) -> int:
        """Intended start to last body byte; infinite for all that is not correct."""
        return self.done_us - self.intended_us if self.outcome is Outcome.CORRECT else INFINITE

    @property
    def service_us(self) -> int:
        """First byte sent to last byte received; -1 without a whole answer."""
        return self.done_us - self.sent_us if self.done_us != NEVER and self.sent_us != NEVER else NEVER


@dataclass(frozen=True, slots=True)
class Finished:
    """An arrival that is over, with what went over the wire."""

    sample: Sample
    called: str
    """The binding's operation."""
    request: WireRequest | None
    reply: Reply | None
    failure: Failure | None
    problem: str | None = None


class Sink(Protocol):
    """Takes what is finished, once each."""

    def finished(self, done: Finished) -> None: ...
