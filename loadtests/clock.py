"""Unix time in microseconds that never steps: the wall clock read once, then the monotonic clock. Steps of the wall clock are measured."""

from __future__ import annotations

import time


class Clock:
    """Call it for now, in Unix microseconds."""

    def __init__(self) -> None:
        self._offset_ns = self._difference()
        self._last_ns = self._offset_ns
        self.largest_step_us = 0

    @staticmethod
    def _difference() -> int:
        # Being interrupted between the two readings makes the difference smaller: the largest of some is the truest.
        return max(time.time_ns() - time.monotonic_ns() for _ in range(5))

    def __call__(self) -> int:
        return (time.monotonic_ns() + self._offset_ns) // 1000

    def watch(self) -> None:
        """Note how far the wall clock has moved against the monotonic one since the last look."""
        now = self._difference()
        self.largest_step_us = max(self.largest_step_us, abs(now - self._last_ns) // 1000)
        self._last_ns = now
