"""Connections: slow ones that must not hold up others, bodies that should not be read, idle ones that should live, ports that should not
answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.judging.expectations.websockets import opened
from ainp_harness.wire.exchange import Exchange, FailureKind


@expectation
def accepted_within(exchanges: Sequence[Exchange], context: Context, limit_ms: float) -> Judgement:
    """Every one of these was accepted, and none took longer."""
    for exchange in exchanges:
        if exchange.response is not None and exchange.response.status == 429:
            return not_shown(f"the limit was reached: {describe(exchange)}")
        if not was_accepted(exchange, context):
            return broken(f"not accepted within {exchange.duration_ms:.0f} ms: {describe(exchange)}")
    slowest = max(exchange.duration_ms for exchange in exchanges)
    return held(f"{slowest:.0f} ms") if slowest <= limit_ms else broken(f"one took {slowest:.0f} ms, expected {limit_ms:.0f} at most")


@expectation
def connected(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one of these connections was made, whatever came of it."""
    for exchange in exchanges:
        if exchange.failure is not None and exchange.failure.kind in (FailureKind.CONNECT, FailureKind.TLS, FailureKind.LOCAL):
            return broken(describe(exchange))
    return held()


@expectation
def refused_early(exchanges: Sequence[Exchange], context: Context, announced: int, within: int) -> Judgement:
    """Of a body that was announced as so long, and sent slowly, a refusal or the end of the connection came before so much was sent."""
    for exchange in exchanges:
        if exchange.failure is not None and exchange.failure.kind in (FailureKind.CONNECT, FailureKind.TLS):
            return not_shown(describe(exchange))
        sent = f"{exchange.request.body.total:,} of {announced:,} bytes were sent"
        if exchange.response is not None and exchange.response.status < 400:
            return broken(f"accepted after {sent}: {describe(exchange)}")
        if exchange.request.body.total >= within:
            return broken(f"{sent} before anything came back, expected {within:,} at most: {describe(exchange)}")
        if exchange.response is None and (exchange.failure is None or exchange.failure.kind is not FailureKind.CLOSED):
            return broken(f"{sent} and nothing came back: {describe(exchange)}")
    return held()


@expectation
def survives_idleness(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one of these WebSockets answered the pings that were sent, and stayed open until we closed it."""
    for exchange in exchanges:
        if not opened(exchange):
            return not_shown(f"the WebSocket did not open: {describe(exchange)}")
        if exchange.tags.count("ponged") < exchange.tags.count("pinged"):
            return broken("a ping was not answered")
        if exchange.close_code is not None:
            return broken(f"closed with {exchange.close_code}, expected that it stays open")
    return held()


@expectation
def does_not_speak(exchanges: Sequence[Exchange], context: Context, pattern: str) -> Judgement:
    """At none of these ports does the service answer that greets like this: nobody listens, or says something else, or nothing.

    Args:
        pattern: a regular expression for what it would say first.
    """
    for exchange in exchanges:
        if exchange.failure is not None and exchange.failure.kind is FailureKind.LOCAL:
            return not_shown(describe(exchange))
        for frame in exchange.frames:
            if re.match(pattern, frame.text):
                return broken(f"{exchange.request.target} answers {frame.text[:60]!r}")
    return held()
