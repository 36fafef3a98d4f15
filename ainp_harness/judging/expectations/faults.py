"""While something is down, and after it is back: readiness that follows, liveness that does not, refusals that say when to come again.

Times of faults are parameters, in Unix milliseconds, as the bundle's `faults/` has them: what is said here can be said again later.
"""

from __future__ import annotations

from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.wire.binding import pick, pick_path
from ainp_harness.wire.exchange import Exchange

DEPENDENCIES = ("database", "redis", "nats")


def ended_ms(exchange: Exchange) -> float:
    """When the answer was there, or it was given up."""
    return exchange.started_ms + exchange.duration_ms


def _names(exchange: Exchange, context: Context, dependency: str) -> bool:
    """Whether a ready's answer says that this dependency fails, and not all of them alike; of one that has no place for it, whether its
    text has the word."""
    if exchange.response is None:
        return False
    operation, body = context.binding.operations[exchange.operation], exchange.response.body.json()
    places = [name for name in DEPENDENCIES if name in operation.pick]
    if dependency not in places:
        return dependency in exchange.response.body.text.lower()
    said = {name: pick(operation, name, body) for name in places}
    return said[dependency] not in (None, "ok") and (len(places) == 1 or "ok" in said.values())


@expectation
def unready_within(exchanges: Sequence[Exchange], context: Context, since_ms: float, within_ms: float, dependency: str) -> Judgement:
    """ready answered 503 and named the dependency within this time after it stopped answering, and stayed so.

    Args:
        exchanges: ready, asked over and over while the dependency was down.
    """
    told = [one for one in exchanges if one.response is not None and one.response.status == 503 and _names(one, context, dependency)]
    first = min((ended_ms(one) for one in told), default=None)
    if first is None or first > since_ms + within_ms:
        if max(ended_ms(one) for one in exchanges) < since_ms + within_ms:
            return not_shown(f"ready was not asked until {within_ms:g} ms after {dependency} was stopped")
        late = f"after {first - since_ms:.0f} ms" if first is not None else "not at all"
        last = max(exchanges, key=ended_ms)
        return broken(f"expected 503 naming {dependency} within {within_ms:g} ms, it came {late}: {describe(last)}")
    relapsed = next((one for one in exchanges if one.started_ms > since_ms + within_ms and was_accepted(one, context)), None)
    if relapsed is not None:
        return broken(f"said ready again while {dependency} was still down: {describe(relapsed)}")
    return held(f"503 after {max(0.0, first - since_ms):.0f} ms")


@expectation
def ready_within(exchanges: Sequence[Exchange], context: Context, since_ms: float, within_ms: float) -> Judgement:
    """ready answered with success within this time after everything was back, and the last answer is success too."""
    first = min((ended_ms(one) for one in exchanges if was_accepted(one, context)), default=None)
    last = max(exchanges, key=ended_ms)
    if first is None or first > since_ms + within_ms:
        if ended_ms(last) < since_ms + within_ms:
            return not_shown(f"ready was not asked until {within_ms:g} ms after everything was back")
        late = f"after {first - since_ms:.0f} ms" if first is not None else "not at all"
        return broken(f"expected ready within {within_ms:g} ms after everything was back, it came {late}: {describe(last)}")
    if not was_accepted(last, context):
        return broken(f"was ready, and is not any more: {describe(last)}")
    return held(f"ready after {max(0.0, first - since_ms):.0f} ms")


@expectation
def answers_within(exchanges: Sequence[Exchange], context: Context, statuses: Sequence[int], within_ms: float) -> Judgement:
    """Every one was answered with one of these statuses within this time."""
    expected = " or ".join(map(str, statuses))
    for exchange in exchanges:
        if exchange.response is None or exchange.response.status not in statuses:
            return broken(f"expected {expected}: {describe(exchange)}")
        if exchange.duration_ms > within_ms:
            return broken(f"expected {expected} within {within_ms:g} ms, it took {exchange.duration_ms:.0f}: {describe(exchange)}")
    return held()


@expectation
def unavailable(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one was refused with 503, and the answer says when to try again: Retry-After, or retry_after_ms in the body."""
    path = context.binding.error.get("retry_after_ms", "retry_after_ms")
    for exchange in exchanges:
        response = exchange.response
        if response is None:
            return broken(f"expected 503: {describe(exchange)}")
        if response.status != 503:
            what = "acknowledged" if was_accepted(exchange, context) else "not 503"
            return broken(f"{what} while a service it needs was down: {describe(exchange)}")
        told = pick_path(path, response.body.json())
        if not response.headers.get("retry-after") and not (isinstance(told, int | float) and told > 0):
            return broken(f"503 without Retry-After and without {path}: {describe(exchange)}")
    return held()


@expectation
def finished(exchanges: Sequence[Exchange], context: Context, told_ms: float) -> Judgement:
    """Every one was under way when the broker was told to stop, and was answered with success all the same."""
    for exchange in exchanges:
        if not was_accepted(exchange, context):
            return broken(f"was under way when the broker was told to stop, and did not finish: {describe(exchange)}")
    for exchange in exchanges:
        if not exchange.started_ms < told_ms < ended_ms(exchange):
            return not_shown(f"was not under way when the broker was told to stop: {describe(exchange)}")
    return held()
