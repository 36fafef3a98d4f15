"""Arrivals are functions of (seed, epoch, scenario, number): where they fall, that workers share them, and that draws are independent."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from loadtests.arrivals import MICROSECONDS, Stream, draw

RATES = st.fractions(min_value=Fraction(1, 60), max_value=500, max_denominator=60)
ORIGINS = st.integers(min_value=0, max_value=2**52)
STREAMS = st.builds(Stream, st.text(max_size=8), st.integers(0, 99), st.sampled_from(["readiness", "mailbox"]), RATES, ORIGINS)


@given(STREAMS, st.integers(0, 10**6))
def test_every_arrival_lies_within_its_interval(stream: Stream, number: int) -> None:
    begin = stream.origin_us + number * MICROSECONDS / stream.rate
    assert begin - 1 <= stream.intended_us(number) < begin + MICROSECONDS / stream.rate


@given(STREAMS, st.integers(1, 8))
def test_any_number_of_workers_sends_the_same_arrivals(stream: Stream, workers: int) -> None:
    count = 40
    alone = {(number, stream.intended_us(number)) for number in islice(stream.numbers(), count * workers)}
    shared = [
        {(number, stream.intended_us(number)) for number in islice(stream.numbers(worker, workers), count)} for worker in range(workers)
    ]
    assert set().union(*shared) == alone
    assert sum(map(len, shared)) == len(alone)


@given(STREAMS, st.integers(0, 10_000_000), st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_counts_of_adjacent_windows_add_up(stream: Stream, first: int, second: int, offset: int) -> None:
    start = stream.origin_us + offset
    middle, end = start + first, start + first + second
    assert stream.count_between(start, end) == stream.count_between(start, middle) + stream.count_between(middle, end)


@given(STREAMS, st.integers(1, 3_000_000))
def test_a_window_counts_the_arrivals_in_it(stream: Stream, length: int) -> None:
    start = stream.origin_us
    end = start + length
    expected = 0
    while stream.intended_us(expected) < end:
        expected += 1
    assert stream.count_between(start, end) == expected


@given(RATES, st.integers(1, 60), st.integers(1, 60))
def test_the_window_begins_with_an_interval(rate: Fraction, warmup_s: int, window_s: int) -> None:
    start = 1_790_000_000_000_000
    begin = start + warmup_s * MICROSECONDS
    stream = Stream.around("seed", "readiness", rate, start_us=start, window_start_us=begin)
    assert stream.origin_us >= start
    whole = int(rate * window_s)
    assert whole <= stream.count_between(begin, begin + window_s * MICROSECONDS) <= whole + 1


def test_the_phase_load_has_its_least_samples_in_every_run() -> None:
    """2,625 discoveries in 300 s are a minimum of the target: jitter must not take one away."""
    for seed in range(50):
        stream = Stream.around(str(seed), "discovery-text", Fraction(525, 60), start_us=0, window_start_us=30_000_000)
        assert stream.count_between(30_000_000, 330_000_000) == 2625


def test_draws_are_uniform_and_depend_on_everything() -> None:
    values = [draw("seed", 0, "mailbox", number, "jitter") / 2**64 for number in range(20_000)]
    assert abs(sum(values) / len(values) - 0.5) < 0.01
    base = ("seed", 1, "mailbox", 7, "jitter")
    others = [("Seed", 1, "mailbox", 7, "jitter"), ("seed", 2, "mailbox", 7, "jitter"), ("seed", 1, "mailboy", 7, "jitter"),
              ("seed", 1, "mailbox", 8, "jitter"), ("seed", 1, "mailbox", 7, "sender")]  # fmt: skip
    assert draw(*base) not in {draw(*other) for other in others}
