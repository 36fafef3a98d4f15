"""Where a target's value, interval and bound lie on a line from 0 to 100, so that any renderer can draw them.

Pure geometry: the axis is chosen so that the bound is never at an edge and a value far off is clamped, and said to be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ainp_harness.judging.verdict import TargetVerdict
from reports.words import number

FARTHEST = 4.0
"""A value of more than this many bounds is drawn at the edge: the picture is about the bound."""

SMALLEST = 1e-9
"""A smaller bound is drawn as zero: a picture of 'none at all'."""


@dataclass(frozen=True)
class Bullet:
    """Positions in percent of the width."""

    good_from: float
    good_to: float
    bound: float
    value: float | None
    low: float | None
    high: float | None
    beyond: bool
    """The value lies outside what is drawn."""
    axis_low: str
    axis_high: str


def bullet(target: TargetVerdict) -> Bullet | None:
    """None where nothing was measured or the bound is no number."""
    if target.value is None or not math.isfinite(target.bound) or math.isnan(target.value):
        return None
    upwards = target.op.startswith(">")
    low, high = _at_least_axis(target) if upwards else _at_most_axis(target)

    def place(value: float | None) -> float | None:
        if value is None or math.isnan(value):
            return None
        if high <= low:  # apart by less than a double can tell
            return 0.0
        return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2)

    bound = place(target.bound) or 0.0
    return Bullet(
        good_from=bound if upwards else 0.0,
        good_to=100.0 if upwards else max(bound, 1.5),
        bound=bound,
        value=place(target.value),
        low=place(target.low),
        high=place(target.high),
        beyond=not low <= target.value <= high,
        axis_low=number(low),
        axis_high=number(high),
    )


def _seen(target: TargetVerdict) -> list[float]:
    return [value for value in (target.value, target.low, target.high) if value is not None and math.isfinite(value)]


def _at_most_axis(target: TargetVerdict) -> tuple[float, float]:
    if target.bound < SMALLEST:
        return 0.0, _round_up(max([5.0, *_seen(target)]))
    most = max([*_seen(target), target.bound])
    return 0.0, _round_up(min(max(target.bound * 1.35, most * 1.1), target.bound * FARTHEST))


def _at_least_axis(target: TargetVerdict) -> tuple[float, float]:
    if target.unit != "%":
        most = max([*_seen(target), target.bound])
        return 0.0, _round_up(min(max(target.bound * 1.25, most), max(target.bound, 1.0) * FARTHEST))
    room = max(100 - target.bound, 0.1)
    lowest = min([*_seen(target), target.bound - 2 * room])
    return max(0.0, math.floor(max(lowest, target.bound - 20 * room) * 10) / 10), 100.0


def _round_up(value: float) -> float:
    """The next number that reads well: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10):
        if value <= step * power * (1 + 1e-9):
            return step * power
    return 10 * power
