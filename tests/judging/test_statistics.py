"""The statistics of shares: floors by their exact numbers, coverage by a small seeded simulation, quantiles with failures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import signal, stats

from ainp_harness.judging.statistics import (
    Share,
    autocorrelation_time,
    clopper_pearson_lower,
    clopper_pearson_upper,
    count_seconds,
    quantile_interval,
    quantile_with_failures,
    seconds_needed,
    share_bounds,
    theil_sen_change,
)

INF = math.inf


def bounds(seconds: int, each: int, bad: list[int] | None = None, confidence: float = 0.95) -> Share:
    """Of `seconds` seconds with `each` arrivals, with these counts of bad ones in the first of them."""
    exceeding = np.zeros(seconds)
    exceeding[: len(bad or [])] = bad or []
    return share_bounds(np.full(seconds, float(each)), exceeding, confidence)


@pytest.mark.parametrize(
    ("seconds", "upper", "shows_5_percent"),
    [(59, 0.04951, True), (58, 0.05034, False), (15, 0.18104, False), (299, 0.00997, True), (298, 0.01000, False)],
)
def test_wilks_floor_of_clean_seconds(seconds: int, upper: float, shows_5_percent: bool) -> None:
    """measuring.md: 59 clean seconds show a p95, 299 a p99; 15 leave 18 % open, however many arrivals they hold."""
    share = bounds(seconds, 1000)

    assert share.value == share.lower == 0
    assert share.upper == pytest.approx(1 - 0.05 ** (1 / seconds), abs=1e-12)
    assert share.upper == pytest.approx(upper, abs=1e-4)
    assert (share.upper < (0.05 if seconds < 100 else 0.01)) is shows_5_percent


@pytest.mark.parametrize(
    ("bad", "total", "upper", "lower"),
    [(0, 20, 0.13911, 0.0), (1, 20, 0.21611, 0.0025614), (5, 100, 0.10225, 0.019914), (20, 20, 1.0, 0.86089)],
)
def test_clopper_pearsons_exact_numbers(bad: int, total: int, upper: float, lower: float) -> None:
    """Checked against what defines them: the tail of the binomial at the bound is the error allowed."""
    assert clopper_pearson_upper(bad, total, 0.05) == pytest.approx(upper, abs=1e-4)
    assert clopper_pearson_lower(bad, total, 0.05) == pytest.approx(lower, abs=1e-4)
    if bad < total:
        assert stats.binom.cdf(bad, total, clopper_pearson_upper(bad, total, 0.05)) == pytest.approx(0.05)
    if bad:
        assert stats.binom.sf(bad - 1, total, clopper_pearson_lower(bad, total, 0.05)) == pytest.approx(0.05)


def test_the_batch_means_by_hand() -> None:
    """Ten batches of 100, with 0, 10, 0, 10 ... bad: p = 5 %, se² = 10/9 Σ(e - pn)²/N² = 10/9 · 250/10⁶, t(9) at 95 % = 1.8331."""
    arrivals, exceeding = np.full(100, 10.0), np.zeros(100)
    exceeding[10::20] = 10
    half = 1.83311 * math.sqrt(10 / 9 * 250 / 1e6) / (0.05 * 0.95)
    centre = math.log(0.05 / 0.95)

    share = share_bounds(arrivals, exceeding, 0.95)
    assert share.value == pytest.approx(0.05)
    assert share.lower == pytest.approx(1 / (1 + math.exp(half - centre)), abs=1e-6)
    assert share.upper == pytest.approx(1 / (1 + math.exp(-half - centre)), abs=1e-6)


def test_neighbours_that_resemble_each_other_widen_the_interval() -> None:
    scattered, together = np.zeros(300), np.zeros(300)
    scattered[::20], together[:15] = 10, 10
    arrivals = np.full(300, 10.0)

    assert share_bounds(arrivals, together, 0.95).upper > 2 * share_bounds(arrivals, scattered, 0.95).upper


def test_a_share_of_nothing_is_no_share() -> None:
    with pytest.raises(ValueError, match="no arrivals"):
        share_bounds(np.zeros(10), np.zeros(10), 0.95)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=60), st.sampled_from([0.9, 0.95, 0.999]))
def test_bounds_lie_around_the_share_and_keep_their_floors(counts: list[tuple[int, int]], confidence: float) -> None:
    arrivals, exceeding = np.array([good + bad for good, bad in counts], dtype=float), np.array([bad for _, bad in counts], dtype=float)
    if arrivals.sum() == 0:
        return
    share, alpha = share_bounds(arrivals, exceeding, confidence), 1 - confidence

    assert 0 <= share.lower <= share.value <= share.upper <= 1
    assert share.upper >= 1 - alpha ** (1 / len(counts)) - 1e-12
    assert share.upper >= clopper_pearson_upper(exceeding.sum(), arrivals.sum(), alpha) - 1e-12
    assert share.lower <= clopper_pearson_lower(exceeding.sum(), arrivals.sum(), alpha) + 1e-12
    wider = share_bounds(arrivals, exceeding, 0.9999)
    assert wider.lower <= share.lower
    assert wider.upper >= share.upper


@pytest.mark.parametrize("stalls", [False, True])
def test_at_the_bound_a_pass_is_rare(stalls: bool) -> None:
    """measuring.md, Bars: a broker exactly at its bound passes falsely in at most 7 % (5 % by design, 300 simulated windows)."""
    random = np.random.default_rng(20260921)
    false_passes = 0
    for _ in range(300):
        half_late = 10.0 * (random.random(300) < 0.1)  # one second in ten, half of whose arrivals are late
        exceeding = half_late if stalls else random.binomial(20, 0.05, 300).astype(float)
        false_passes += share_bounds(np.full(300, 20.0), exceeding, 0.95).upper < 0.05
    assert false_passes / 300 <= 0.07


def test_twice_as_good_as_the_bound_passes_nearly_always() -> None:
    random = np.random.default_rng(7)
    passes = sum(share_bounds(np.full(300, 20.0), random.binomial(20, 0.025, 300).astype(float), 0.95).upper < 0.05 for _ in range(100))

    assert passes >= 99


def test_counts_by_second() -> None:
    seconds = count_seconds(np.array([0.0, 0.9, 1.0, 2.5, 3.0]), np.array([True, False, True, False, True]), 3.0)

    assert seconds.arrivals.tolist() == [2, 1, 2], "what lies on the end counts to the last second"
    assert seconds.exceeding.tolist() == [1, 1, 1]


@pytest.mark.parametrize(("phi", "tau"), [(0.0, 0.5), (0.5, 1.5), (0.8, 4.5), (0.9, 9.5)])
def test_the_autocorrelation_time_of_an_ar_1_process(phi: float, tau: float) -> None:
    """½ + Σφ^k = ½ + φ/(1 - φ)."""
    series = signal.lfilter([1], [1, -phi], np.random.default_rng(11).standard_normal(200_000))

    assert autocorrelation_time(series) == pytest.approx(tau, rel=0.15, abs=0.05)


@pytest.mark.parametrize("series", [[], [1.0], [1.0, 2.0], [3.0] * 50, [1.0, -1.0] * 50])
def test_what_has_nothing_to_correlate(series: list[float]) -> None:
    assert autocorrelation_time(np.array(series)) == 0.5


def test_a_trend_has_a_long_autocorrelation_time() -> None:
    assert autocorrelation_time(np.arange(300.0)) > 20


@pytest.mark.parametrize(
    ("latency", "q", "value"),
    [
        ([1.0], 0.95, 1.0),
        (list(range(1, 101)), 0.95, 95.0),
        (list(range(1, 21)), 0.95, 19.0),
        (list(range(1, 20)), 0.95, 19.0),
        ([1.0] * 95 + [INF] * 5, 0.95, 1.0),
        ([1.0] * 94 + [INF] * 6, 0.95, INF),
        ([INF], 0.5, INF),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([5.0, 1.0], 1.0, 5.0),
    ],
)
def test_a_quantile_over_all_arrivals(latency: list[float], q: float, value: float) -> None:
    assert quantile_with_failures(np.array(latency, dtype=float), q) == value


def test_a_quantile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no arrivals"):
        quantile_with_failures(np.array([]), 0.95)


@given(arrays.arrays(float, st.integers(1, 300), elements=st.floats(0, 1000) | st.just(INF)), st.sampled_from([0.5, 0.95, 0.99]))
def test_fast_failures_never_help(latency: np.ndarray, q: float) -> None:
    failed = latency.copy()
    failed[0] = INF

    value = quantile_with_failures(latency, q)
    assert quantile_with_failures(failed, q) >= value
    assert (latency <= value).mean() >= q - 1e-9
    assert (latency < value).mean() < q


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_of_a_quantile_inverts_the_bounds_of_the_share(seed: int) -> None:
    random = np.random.default_rng(seed)
    at_s, latency = np.sort(random.uniform(0, 300, 3000)), random.gamma(2, 50, 3000)
    low, high = quantile_interval(at_s, latency, 300, 0.05, 0.95)

    def share(level: float) -> Share:
        return count_seconds(at_s, latency > level, 300).share(0.95)

    below_high, below_low = (latency[latency < end].max() for end in (high, low))
    assert share(high).upper < 0.05 <= share(below_high).upper
    assert share(low).lower <= 0.05 < share(below_low).lower
    assert low <= quantile_with_failures(latency, 0.95) <= high


def test_too_short_a_window_has_no_upper_end() -> None:
    at_s = np.arange(15, dtype=float)

    assert quantile_interval(at_s, np.full(15, 10.0), 15, 0.05, 0.95) == (10.0, INF)


@pytest.mark.parametrize(
    ("share", "seconds"),
    [(Share(0.04, 0.03, 0.05), 300 * 1.3), (Share(0.05, 0.03, 0.07), INF)],
)
def test_how_long_it_would_take(share: Share, seconds: float) -> None:
    """T (h / d)²: at 4 % with a half-width of about the distance to 5 %, about the same window again; at the bound, never."""
    assert seconds_needed(share, 0.05, 300) == pytest.approx(seconds, rel=0.2)


def test_half_the_width_needs_a_quarter_of_the_time() -> None:
    def logistic(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    wide, narrow = (Share(logistic(-4), logistic(-4 - h), logistic(-4 + h)) for h in (1.0, 0.5))
    assert seconds_needed(wide, 0.05, 300) == pytest.approx(4 * seconds_needed(narrow, 0.05, 300))


@pytest.mark.parametrize(("values", "change"), [([], 0), ([5], 0), ([1, 2, 3, 4], 3), ([1, 1, 100, 1, 1], 0), ([4, 3, 2], -2)])
def test_the_change_over_a_series(values: list[float], change: float) -> None:
    assert theil_sen_change(np.array(values, dtype=float)) == pytest.approx(change)
