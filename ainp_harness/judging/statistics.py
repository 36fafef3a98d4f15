"""Statistics of shares: how many arrivals were too slow or failed, with bounds that hold although neighbours resemble each other.

Batch means with a ratio estimator on the logit, with floors that no handful of clean seconds can pass (docs/measuring.md, Statistics).
scipy.special rather than scipy.stats, which takes seconds to load.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

BATCHES = 10

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A share with its one-sided bounds, each at the same confidence."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Seconds:
    """Counts by second of a window: arrivals, and those that were too slow or failed."""

    arrivals: Array
    exceeding: Array

    def share(self, confidence: float) -> Share:
        return share_bounds(self.arrivals, self.exceeding, confidence)


def count_seconds(at_s: Array, exceeding: npt.NDArray[np.bool_], window_s: float) -> Seconds:
    """Counts by second of arrivals at these times since the window's start."""
    blocks = max(1, math.ceil(window_s))
    block = np.clip(at_s.astype(np.int64), 0, blocks - 1)
    return Seconds(
        np.bincount(block, minlength=blocks).astype(np.float64),
        np.bincount(block, weights=exceeding.astype(np.float64), minlength=blocks).astype(np.float64),
    )


def share_bounds(arrivals: Array, exceeding: Array, confidence: float) -> Share:
    """The share of `exceeding` in `arrivals`, both by second, with one-sided bounds.

    The upper bound is never below Clopper-Pearson's of the counts nor below 1 - α^(1/m) for m seconds (Wilks); the lower never above
    their mirrors.

    Raises:
        ValueError: there were no arrivals.
    """
    total, bad, seconds = float(arrivals.sum()), float(exceeding.sum()), len(arrivals)
    if total <= 0:
        raise ValueError("a share of no arrivals")
    alpha = 1 - confidence
    value = bad / total
    lower, upper = _batch_means(arrivals, exceeding, value, confidence)
    upper = max(upper, clopper_pearson_upper(bad, total, alpha), 1 - alpha ** (1 / seconds))
    lower = min(lower, clopper_pearson_lower(bad, total, alpha), alpha ** (1 / seconds))
    return Share(value, max(lower, 0.0), min(upper, 1.0))


def _batch_means(arrivals: Array, exceeding: Array, value: float, confidence: float) -> tuple[float, float]:
    if value in (0.0, 1.0) or len(arrivals) < BATCHES:
        return value, value
    edges = np.linspace(0, len(arrivals), BATCHES + 1).astype(int)[:-1]
    n, e = np.add.reduceat(arrivals, edges), np.add.reduceat(exceeding, edges)
    variance = BATCHES / (BATCHES - 1) * float(((e - value * n) ** 2).sum()) / float(n.sum()) ** 2
    centre = math.log(value / (1 - value))
    half = float(special.stdtrit(BATCHES - 1, confidence)) * math.sqrt(variance) / (value * (1 - value))
    return _expit(centre - half), _expit(centre + half)


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def clopper_pearson_upper(bad: float, total: float, alpha: float) -> float:
    """The one-sided upper bound of a binomial share."""
    return 1.0 if bad >= total else float(special.betaincinv(bad + 1, total - bad, 1 - alpha))


def clopper_pearson_lower(bad: float, total: float, alpha: float) -> float:
    """The one-sided lower bound of a binomial share."""
    return 0.0 if bad <= 0 else float(special.betaincinv(bad, total - bad + 1, alpha))


def autocorrelation_time(series: Array) -> float:
    """The integrated autocorrelation time of a series, in its own steps: ½ + Σρ, summed to the lag that is five times itself.

    A constant series has nothing to correlate: ½.
    """
    if len(series) < 3:
        return 0.5
    centred = series - series.mean()
    energy = float((centred**2).sum())
    if energy <= 0:
        return 0.5
    tau = 0.5
    for lag in range(1, len(series)):
        tau += float((centred[:-lag] * centred[lag:]).sum()) / energy
        if lag >= 5 * tau:
            break
    return max(tau, 0.5)


def quantile_with_failures(latency: Array, q: float) -> float:
    """The q-quantile over all scheduled arrivals, where failed ones are +infinity: the smallest value that q of them do not exceed."""
    if len(latency) == 0:
        raise ValueError("a quantile of no arrivals")
    ordered = np.sort(latency)
    return float(ordered[min(len(ordered) - 1, math.ceil(q * len(ordered)) - 1)])


def quantile_interval(at_s: Array, latency: Array, window_s: float, share: float, confidence: float) -> tuple[float, float]:
    """The interval of the quantile that `share` of arrivals exceed, by inverting the bounds of the share.

    Its upper end is the smallest latency that so few exceed that the share's upper bound lies under `share`; infinity where there is none.
    """
    levels = np.unique(latency)

    def bounds(level: float) -> Share:
        return count_seconds(at_s, latency > level, window_s).share(confidence)

    high = _first(levels, lambda level: bounds(level).upper < share)
    low = _first(levels, lambda level: bounds(level).lower <= share)
    return (low if low is not None else float(levels[-1])), (high if high is not None else math.inf)


def _first(levels: Array, holds: object) -> float | None:
    """The smallest level at which a condition holds that, once true, stays true."""
    assert callable(holds)
    low, high = 0, len(levels)
    while low < high:
        middle = (low + high) // 2
        if holds(float(levels[middle])):
            high = middle
        else:
            low = middle + 1
    return float(levels[low]) if low < len(levels) else None


def seconds_needed(share: Share, bound: float, window_s: float) -> float:
    """How long it would take to decide: T (h / d)², h the interval's half-width and d the distance to the bound, both on the logit."""

    def logit(p: float) -> float:
        clipped = min(max(p, 1e-9), 1 - 1e-9)
        return math.log(clipped / (1 - clipped))

    half = (logit(share.upper) - logit(share.lower)) / 2
    distance = abs(logit(share.value) - logit(bound))
    return math.inf if distance < 1e-9 else window_s * (half / distance) ** 2


def theil_sen_change(values: Array) -> float:
    """The change over a series by Theil-Sen's slope, the median of the slopes between all pairs, times its length."""
    if len(values) < 2:
        return 0.0
    earlier, later = np.triu_indices(len(values), k=1)
    return float(np.median((values[later] - values[earlier]) / (later - earlier))) * (len(values) - 1)
