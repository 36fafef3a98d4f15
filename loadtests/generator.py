"""The generator watches itself: own lateness, loop lag, CPU share, clock steps, steal and throttling. What follows is in `invalid`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
import psutil

from loadtests.clock import Clock
from loadtests.invalid import Readings, quantile

LAG_PERIOD_S = 0.02


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
            "canary": None,
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
