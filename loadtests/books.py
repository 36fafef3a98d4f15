"""The books of a window: what was due, what became of it, and whether both agree. Pure: it is told, and counts.

An arrival belongs to the window when its intended start does. Scheduled = correct + failed + timed out + unsent + limited, always.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from loadtests.invalid import ALWAYS, Invalid, block_reasons, quantile
from loadtests.samples import INFINITE, Sample
from loadtests.steps import Outcome

BLOCK_US = 10_000_000


@dataclass
class Books:
    """Counts of one window, [start, end) in Unix microseconds."""

    start_us: int
    end_us: int
    followed: Counter[str] = field(default_factory=Counter)
    """Requests that became due by an answer, by scenario: results, confirmations."""
    outcomes: dict[str, Counter[Outcome]] = field(default_factory=dict)
    own_unsent: int = 0
    _latencies: dict[str, array[float]] = field(default_factory=dict)
    _blocks: Counter[int] = field(default_factory=Counter)

    def covers(self, intended_us: int) -> bool:
        return self.start_us <= intended_us < self.end_us

    def follows(self, scenario: str, intended_us: int) -> None:
        """A request became due by an answer."""
        if self.covers(intended_us):
            self.followed[scenario] += 1

    def finished(self, sample: Sample) -> None:
        """An arrival is over."""
        if not self.covers(sample.intended_us):
            return
        self.outcomes.setdefault(sample.scenario, Counter())[sample.outcome] += 1
        latency = float("inf") if sample.latency_us == INFINITE else float(sample.latency_us)
        self._latencies.setdefault(sample.scenario, array("d")).append(latency)
        self.own_unsent += sample.own_fault
        if not sample.follows:
            self._blocks[(sample.intended_us - self.start_us) // BLOCK_US] += 1

    def scheduled(self, due: Mapping[str, int]) -> dict[str, int]:
        """All that was due in the window, by scenario: the schedule's own count and what followed from answers."""
        return {scenario: due.get(scenario, 0) + self.followed[scenario] for scenario in sorted({*due, *self.followed})}

    def smallest_p95_us(self) -> float:
        """The p95 that own lateness distorts most."""
        return min((quantile(latencies, 0.95) for latencies in self._latencies.values()), default=0.0)

    def differences(self, due: Mapping[str, int], due_by_block: Mapping[int, int]) -> list[Invalid]:
        """Where what was due and what became of it disagree."""
        found = []
        for scenario, count in self.scheduled(due).items():
            booked = sum(self.outcomes.get(scenario, Counter()).values())
            if booked != count:
                found.append(Invalid(ALWAYS, f"the books of {scenario} do not balance: {count} were due, {booked} are accounted for"))
        return found + block_reasons(dict(due_by_block), self._blocks)
