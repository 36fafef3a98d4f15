"""Why a measurement is not to be trusted, and in which direction: pure functions of what the generator read of itself.

Limits and directions are those of docs/measuring.md ("INVALID, with a direction").
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

ALWAYS = "always"
ADDS_LATENCY = "adds-latency"

UNCALIBRATED_RATE = 500
OWN_UNSENT_SHARE = 0.001
CLOCK_STEP_US = 50_000
BUSY_SHARE = 0.9
BUSY_SECONDS_SHARE = 0.05
LAG_US = 100_000
LATENESS_US = 1_000
LATENESS_OF_P95 = 0.02
STEAL_SHARE = 0.05
THROTTLED_SHARE = 0.01
BLOCK_SHARE = 0.05
BLOCK_MISSING_SHARE = 0.01


@dataclass
class Readings:
    """What was read, in the judged window."""

    lateness_us: array[int] = field(default_factory=lambda: array("q"))
    cpu_shares: array[float] = field(default_factory=lambda: array("d"))
    loop_lag_max_us: int = 0
    clock_step_us: int = 0
    steal_share: float = 0.0
    throttled_share: float = 0.0


@dataclass(frozen=True)
class Invalid:
    """A reason not to trust the measurement, and which verdicts it touches."""

    direction: str
    reason: str

    def to_data(self) -> dict[str, str]:
        return asdict(self)


def quantile(values: Sequence[float], share: float) -> float:
    """The least value that at least this share lies at or under; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0


def reasons(readings: Readings, *, rate: float, p95_us: float, scheduled: int, own_unsent: int) -> list[Invalid]:
    """What makes the measurement invalid. `rate` is arrivals a second, `p95_us` the smallest p95 of a scenario (infinite is fine)."""
    found: list[Invalid] = []
    if rate > UNCALIBRATED_RATE:
        found.append(Invalid(ALWAYS, f"{rate:.0f} requests a second without a calibration of this host (over {UNCALIBRATED_RATE})"))
    if scheduled and own_unsent > OWN_UNSENT_SHARE * scheduled:
        found.append(Invalid(ALWAYS, f"{own_unsent} of {scheduled} arrivals were not sent through the generator's own fault"))
    if readings.clock_step_us > CLOCK_STEP_US:
        found.append(Invalid(ALWAYS, f"the clock stepped by {readings.clock_step_us / 1000:.0f} ms"))
    busy = sum(share > BUSY_SHARE for share in readings.cpu_shares)
    if readings.cpu_shares and busy > BUSY_SECONDS_SHARE * len(readings.cpu_shares):
        found.append(Invalid(ADDS_LATENCY, f"the generator used over 90 % of a core in {busy} of {len(readings.cpu_shares)} seconds"))
    if readings.loop_lag_max_us > LAG_US:
        found.append(Invalid(ADDS_LATENCY, f"the generator's loop stood still for {readings.loop_lag_max_us / 1000:.0f} ms"))
    lateness = quantile(readings.lateness_us, 0.99)
    if lateness > max(LATENESS_US, LATENESS_OF_P95 * p95_us):
        found.append(Invalid(ADDS_LATENCY, f"own lateness p99 {lateness / 1000:.2f} ms is over 1 ms and 2 % of p95"))
    if readings.steal_share > STEAL_SHARE:
        found.append(Invalid(ADDS_LATENCY, f"{readings.steal_share:.0%} of the processor's time was stolen by other machines"))
    if readings.throttled_share > THROTTLED_SHARE:
        found.append(Invalid(ADDS_LATENCY, f"{readings.throttled_share:.0%} of the control group's periods were throttled"))
    return found


def block_reasons(due: dict[int, int], seen: dict[int, int]) -> list[Invalid]:
    """Arrivals due in a 10 s block but never accounted for, or more than once: over 1 % in over 5 % of the blocks."""
    off = [block for block, count in due.items() if abs(count - seen.get(block, 0)) > BLOCK_MISSING_SHARE * count]
    if len(off) > BLOCK_SHARE * len(due):
        return [Invalid(ALWAYS, f"in {len(off)} of {len(due)} blocks of 10 s arrivals are missing or double")]
    return []
