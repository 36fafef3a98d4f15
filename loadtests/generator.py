"""What the generator knows of itself: own lateness, loop lag, CPU share, clock steps, steal and throttling, and what follows from it.

Limits and directions are those of measuring.md ("INVALID, with a direction"). Judging them is a pure function of the readings.
"""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gevent
import psutil

from loadtests.clock import Clock

LAG_PERIOD_S = 0.02
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


@dataclass(frozen=True)
class Usage:
    """One reading of this process, for the rows of resources."""

    time_us: int
    rss_bytes: int
    cpu_s: float
    threads: int
    fds: int


class SelfWatch:
    """Takes the readings, in two greenlets of its own. Nothing is kept before `open_window`."""

    def __init__(self, clock: Clock, on_usage: Callable[[Usage], None] = lambda _: None) -> None:
        self._clock = clock
        self._on_usage = on_usage
        self._process = psutil.Process()
        self._greenlets: list[gevent.Greenlet] = []
        self._in_window = False
        self._steal_start: tuple[float, float] = (0.0, 0.0)
        self._throttled_start: tuple[int, int] = (0, 0)
        self.readings = Readings()
        self.started_us = int(self._process.create_time() * 1e6)

    def start(self) -> None:
        self._greenlets = [gevent.spawn(self._lag), gevent.spawn(self._every_second)]

    def stop(self) -> None:
        gevent.killall(self._greenlets, block=True, timeout=1)

    def open_window(self) -> None:
        self._steal_start, self._throttled_start = _steal(), _throttled()
        self.readings = Readings()
        self._in_window = True

    def close_window(self) -> None:
        if not self._in_window:
            return
        self._in_window = False
        stolen, total = (now - then for now, then in zip(_steal(), self._steal_start, strict=True))
        throttled, periods = (now - then for now, then in zip(_throttled(), self._throttled_start, strict=True))
        self.readings.steal_share = stolen / total if total > 0 else 0.0
        self.readings.throttled_share = throttled / periods if periods > 0 else 0.0

    def late(self, lateness_us: int) -> None:
        if self._in_window:
            self.readings.lateness_us.append(lateness_us)

    def _lag(self) -> None:
        while True:
            before, judged = time.monotonic_ns(), self._in_window
            gevent.sleep(LAG_PERIOD_S)
            if judged and self._in_window:  # a lag that began before the window was ours to cause
                lag_us = (time.monotonic_ns() - before) // 1000 - int(LAG_PERIOD_S * 1e6)
                self.readings.loop_lag_max_us = max(self.readings.loop_lag_max_us, lag_us)

    def _every_second(self) -> None:
        last_cpu, last_ns = time.process_time(), time.monotonic_ns()
        while True:
            gevent.sleep(1)
            cpu, now_ns = time.process_time(), time.monotonic_ns()
            self._clock.watch()
            if self._in_window:
                self.readings.cpu_shares.append((cpu - last_cpu) / ((now_ns - last_ns) / 1e9))
                self.readings.clock_step_us = self._clock.largest_step_us
            last_cpu, last_ns = cpu, now_ns
            with self._process.oneshot():
                self._on_usage(
                    Usage(self._clock(), self._process.memory_info().rss, cpu, self._process.num_threads(), self._process.num_fds())
                )

    def summary(self) -> dict[str, Any]:
        """The member `generator` of load.json."""
        readings = self.readings
        return {
            "cpu_share_p95": round(quantile(readings.cpu_shares, 0.95), 4),
            "lateness_p99_us": int(quantile(readings.lateness_us, 0.99)),
            "lateness_max_us": max(readings.lateness_us, default=0),
            "loop_lag_max_us": readings.loop_lag_max_us,
            "clock_step_us": readings.clock_step_us,
            "steal_share": round(readings.steal_share, 4),
            "throttled_share": round(readings.throttled_share, 4),
            "calibration": None,
        }


def _steal() -> tuple[float, float]:
    """Stolen and all processor time since the machine's start, in seconds; zeros where the system doesn't tell."""
    times = psutil.cpu_times()
    return getattr(times, "steal", 0.0), sum(times)


def _throttled() -> tuple[int, int]:
    """Throttled and all scheduling periods of this control group; zeros without one."""
    for path in (Path("/sys/fs/cgroup/cpu.stat"), Path("/sys/fs/cgroup/cpu/cpu.stat")):
        try:
            values = dict(line.split() for line in path.read_text().splitlines())
        except (OSError, ValueError):
            continue
        return int(values.get("nr_throttled", 0)), int(values.get("nr_periods", 0))
    return 0, 0
