"""HDR histograms of latency and service time by scenario, operation, outcome and interval. Values beyond an hour are clamped and counted.

An infinite latency is in `count` and in no bucket: HdrHistogram has none for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from hdrh.histogram import HdrHistogram

from loadtests.samples import INFINITE, Sample

LOWEST_US, HIGHEST_US, DIGITS = 1, 3_600_000_000, 3


def interval_s(load_s: float) -> float:
    """max(1 s, T / 3600): the number of intervals is bounded, whatever the length (docs/measuring.md, Load engine)."""
    return max(1.0, load_s / 3600)


class Intervals:
    """Collects the values of the intervals that are still open, and encodes those that are over."""

    def __init__(self, start_us: int, length_s: float) -> None:
        self._start_us = start_us
        self._length_us = int(length_s * 1e6)
        self._values: dict[int, dict[tuple[str, str, str, str], list[int]]] = {}
        self._histogram = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS, b64_wrap=False)

    def add(self, sample: Sample) -> None:
        """Take a sample into the interval of its intended start."""
        interval = self._values.setdefault((sample.intended_us - self._start_us) // self._length_us, {})
        key = (sample.scenario, sample.operation, str(sample.outcome))
        interval.setdefault((*key, "latency"), []).append(sample.latency_us)
        if sample.service_us >= 0:
            interval.setdefault((*key, "service"), []).append(sample.service_us)

    def take(self, before_us: int) -> Iterator[tuple[Any, ...]]:
        """Rows of the intervals that ended before a time, which are forgotten."""
        over = (before_us - self._start_us) // self._length_us
        for number in sorted(number for number in self._values if number < over):
            for (scenario, operation, outcome, measure), values in self._values.pop(number).items():
                start_us = self._start_us + number * self._length_us
                encoded, overflow = self._encode(values)
                yield scenario, operation, outcome, start_us, self._length_us / 1e6, measure, len(values), encoded, overflow

    def _encode(self, values: list[int]) -> tuple[bytes, int]:
        finite = [value for value in values if value != INFINITE]
        clamped = [min(max(value, LOWEST_US), HIGHEST_US) for value in finite]
        for value in clamped:
            self._histogram.record_value(value)
        encoded = bytes(self._histogram.encode())
        self._empty(clamped)
        return encoded, sum(value > HIGHEST_US for value in finite)

    def _empty(self, recorded: list[int]) -> None:
        """Take back what was recorded: `reset` clears every bucket and costs 1.5 ms, during which the loop would stand still."""
        for value in recorded:
            self._histogram.record_value(value, -1)
        self._histogram.min_value, self._histogram.max_value = sys.maxsize, 0
