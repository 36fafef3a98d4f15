"""Rates: how many of many requests pass, in a burst and over minutes. What a reading of the limits (ERRATUM-05) allows is a number each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import code_of
from ainp_harness.judging.expectations.limits import is_limited
from ainp_harness.wire.exchange import Exchange


@expectation
def passes_between(
    exchanges: Sequence[Exchange],
    context: Context,
    window_s: float,
    at_least: int = 0,
    at_most: int | None = None,
    operation: str | None = None,
) -> Judgement:
    """Of these, sent within one window by one source that had sent nothing before, so many pass, and the rest is refused as over the limit.

    Args:
        operation: looks at the exchanges of this one alone.
    """
    chosen = [exchange for exchange in exchanges if operation in (None, exchange.operation)]
    if (unclear := _unclear(chosen)) is not None:
        return unclear
    took_s = _took_s(chosen)
    passed = [exchange for exchange in chosen if not is_limited(exchange)]
    count = f"{len(passed)} of {len(chosen)} passed in {took_s:.1f} s"
    if other := [exchange for exchange in chosen if is_limited(exchange) and code_of(exchange, context) != "RATE_LIMIT_EXCEEDED"]:
        return broken(f"refused with another code, expected RATE_LIMIT_EXCEEDED: {describe(other[0])}")
    if len(passed) < at_least:
        short = len(passed) < len(chosen)
        return broken(f"{count}, expected {at_least} at least") if short else not_shown(f"{count}: too few were sent")
    if at_most is None:
        return held(count)
    if len(chosen) <= at_most:
        return not_shown(f"only {len(chosen)} requests were sent, {at_most + 1} are needed")
    if (most := most_within(passed, window_s)) > at_most:
        return broken(f"{count}, {most} of them within {window_s:g} s, expected {at_most} at most")
    if len(passed) > at_most:
        return not_shown(f"{count}: they did not fall into one window of {window_s:g} s")
    return held(count)


@expectation
def passes_no_window_over(exchanges: Sequence[Exchange], context: Context, limit: int, window_s: float, at_least: int = 0) -> Judgement:
    """In no window do more than `limit` of these pass, and in all so many do."""
    if (unclear := _unclear(exchanges)) is not None:
        return unclear
    passed = [exchange for exchange in exchanges if not is_limited(exchange)]
    most = most_within(passed, window_s)
    count = f"{len(passed)} of {len(exchanges)} passed in {_took_s(exchanges):.0f} s, {most} within {window_s:g} s"
    if most > limit:
        return broken(f"{count}, expected {limit} at most")
    if len(passed) < at_least:
        return broken(f"{count}, expected {at_least} at least")
    if most_within(exchanges, window_s) <= limit:
        return not_shown(f"{count}: no more were sent")
    return held(count)


@expectation
def passes_at_rate(
    exchanges: Sequence[Exchange], context: Context, limit: int, window_s: float, burst: int, at_least: int = 0
) -> Judgement:
    """Over all the time that these took no more pass than `limit` a window and the burst, and some window lets more than `limit` pass."""
    if (unclear := _unclear(exchanges)) is not None:
        return unclear
    took_s = _took_s(exchanges)
    passed = [exchange for exchange in exchanges if not is_limited(exchange)]
    most = most_within(passed, window_s)
    allowed = limit * took_s / window_s + burst
    count = f"{len(passed)} of {len(exchanges)} passed in {took_s:.0f} s, {most} within {window_s:g} s"
    if len(passed) > allowed:
        return broken(f"{count}, expected {allowed:.0f} at most")
    if len(exchanges) <= allowed:
        return not_shown(f"{count}: {len(exchanges)} were sent, and {allowed:.0f} may pass")
    if len(passed) < at_least:
        return broken(f"{count}, expected {at_least} at least")
    if most <= limit:
        return broken(f"{count}, and a burst lets more than {limit} pass")
    return held(count)


def most_within(exchanges: Sequence[Exchange], window_s: float) -> int:
    """The most of these that lie, from first byte to last, within one window: so many at least were let pass in it."""
    by_start = sorted(exchanges, key=lambda exchange: exchange.started_ms)
    most = 0
    for number, first in enumerate(by_start):
        end = first.started_ms + window_s * 1000
        until = bisect_left(by_start, end, lo=number, key=lambda exchange: exchange.started_ms)
        within = sum(_ended_ms(exchange) < end for exchange in by_start[number:until])
        most = max(most, within)
    return most


def _unclear(exchanges: Sequence[Exchange]) -> Judgement | None:
    """What keeps numbers from meaning anything: no answers, faults of the server, nobody let in."""
    if unanswered := next((exchange for exchange in exchanges if exchange.response is None), None):
        return not_shown(describe(unanswered))
    passed = [exchange for exchange in exchanges if not is_limited(exchange)]
    if fault := next((exchange for exchange in passed if exchange.response and exchange.response.status >= 500), None):
        return not_shown(f"a server's fault among them: {describe(fault)}")
    if passed and all(exchange.response and exchange.response.status in (401, 403) for exchange in passed):
        return not_shown(f"not one of them was let in: {describe(passed[0])}")
    return None


def _took_s(exchanges: Sequence[Exchange]) -> float:
    if not exchanges:
        return 0.0
    return (max(_ended_ms(exchange) for exchange in exchanges) - min(exchange.started_ms for exchange in exchanges)) / 1000


def _ended_ms(exchange: Exchange) -> float:
    return exchange.started_ms + exchange.duration_ms
