"""Rate limits: where they begin, whom they touch, and whether what they say is true."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import code_of
from ainp_harness.wire.binding import pick_path
from ainp_harness.wire.exchange import Exchange


def is_limited(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 429


def retry_after_ms(exchange: Exchange, context: Context) -> float | None:
    """How long an answer says to wait: Retry-After in whole seconds, or the body's retry_after_ms; None where it says neither."""
    if exchange.response is None:
        return None
    told: list[float] = []
    header = exchange.response.headers.get("retry-after", "").strip()
    if header.isdecimal():
        told.append(float(header) * 1000)
    body = pick_path(context.binding.error.get("retry_after_ms", "retry_after_ms"), exchange.response.body.json())
    if isinstance(body, int | float) and not isinstance(body, bool):
        told.append(float(body))
    return max(told) if told else None


@expectation
def limited_after(exchanges: Sequence[Exchange], context: Context, limit: int, window_s: float, exclusive: bool = True) -> Judgement:
    """Of these, sent within one window by one source that had sent nothing before, exactly `limit` pass.

    Requests that overlap may be counted in another order than they were sent, so the counts decide, not the positions. Where the source
    is not `exclusive`, an address that others may share, fewer that pass show nothing.
    """
    if unanswered := [exchange for exchange in exchanges if exchange.response is None]:
        return not_shown(describe(unanswered[0]))
    if len(exchanges) <= limit:
        return not_shown(f"only {len(exchanges)} requests were sent, {limit + 1} are needed")
    took_s = (max(exchange.started_ms + exchange.duration_ms for exchange in exchanges) - exchanges[0].started_ms) / 1000
    if took_s >= window_s:
        return not_shown(f"the requests took {took_s:.0f} s, so they did not fall into one window of {window_s:.0f} s")
    passed = [exchange for exchange in exchanges if not is_limited(exchange)]
    if faults := [exchange for exchange in passed if exchange.response and exchange.response.status >= 500]:
        return not_shown(f"a server's fault among them: {describe(faults[0])}")
    if passed and all(exchange.response and exchange.response.status in (401, 403) for exchange in passed):
        return not_shown(f"not one of them was let in: {describe(passed[0])}")
    count = f"{len(passed)} of {len(exchanges)} requests passed within one window"
    if len(passed) == limit:
        return held(count)
    if len(passed) < limit and not exclusive:
        return not_shown(f"{count}, expected {limit}; others may have sent from this address too")
    return broken(f"{count}, expected {limit}")


@expectation
def some_limited(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """At least one of these met the limit, whatever its answer says beside 429."""
    if any(is_limited(exchange) for exchange in exchanges):
        return held()
    if unanswered := [exchange for exchange in exchanges if exchange.response is None]:
        return not_shown(describe(unanswered[0]))
    return broken(f"none of {len(exchanges)} requests met the limit")


@expectation
def not_limited(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """None of these met a limit, and each was answered without a server's fault."""
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        if is_limited(exchange):
            return broken(f"limited, expected that it is not: {describe(exchange)}")
    return held()


@expectation
def still_limited_or_refused(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one of these meets the limit whatever it claims of itself, or is refused for what it claims."""
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        if not is_limited(exchange) and not 400 <= exchange.response.status < 500:
            return broken(f"the limit was passed with {_claims(exchange)}: {describe(exchange)}")
    return held()


def _claims(exchange: Exchange) -> str:
    claimed = ("x-forwarded-for", "x-real-ip", "forwarded", "x-ainp-did")
    return ", ".join(f"{name}: {exchange.request.headers[name]}" for name in claimed if name in exchange.request.headers)


@expectation
def tells_retry(exchanges: Sequence[Exchange], context: Context, window_s: float) -> Judgement:
    """Every 429 among these carries RATE_LIMIT_EXCEEDED and how long to wait, within the window; at least one is there."""
    limited = [exchange for exchange in exchanges if is_limited(exchange)]
    if not limited:
        return not_shown("none of these was limited")
    for exchange in limited:
        if (code := code_of(exchange, context)) != "RATE_LIMIT_EXCEEDED":
            return broken(f"the code is {code}, expected RATE_LIMIT_EXCEEDED: {describe(exchange)}")
        wait = retry_after_ms(exchange, context)
        if wait is None:
            return broken(f"neither Retry-After nor retry_after_ms: {describe(exchange)}")
        if not 0 <= wait <= window_s * 1000 + 1000:
            return broken(f"says to wait {wait:.0f} ms, the window has {window_s * 1000:.0f} ms: {describe(exchange)}")
    return held(f"{len(limited)} looked at")


@expectation
def counts_down(exchanges: Sequence[Exchange], context: Context, limit: int) -> Judgement:
    """X-RateLimit-Limit tells the limit, and X-RateLimit-Remaining falls by one from answer to answer."""
    remaining: list[int] = []
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        told: dict[str, Any] = {name: exchange.response.headers.get(f"x-ratelimit-{name}") for name in ("limit", "remaining")}
        if told["limit"] is None or told["remaining"] is None:
            return broken(f"X-RateLimit-Limit or X-RateLimit-Remaining is missing: {describe(exchange)}")
        if told["limit"] != str(limit):
            return broken(f"X-RateLimit-Limit is {told['limit']}, expected {limit}")
        if not told["remaining"].isdecimal():
            return broken(f"X-RateLimit-Remaining is {told['remaining']!r}, expected a number")
        remaining.append(int(told["remaining"]))
    if any(later != earlier - 1 for earlier, later in itertools.pairwise(remaining)):
        return broken(f"X-RateLimit-Remaining goes {', '.join(map(str, remaining))}, expected steps of one down")
    return held()
