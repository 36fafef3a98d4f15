"""Discovery: who is found, in which order, and how many. Only the harness's own agents are spoken of: others may be registered too."""

from __future__ import annotations

from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.wire.binding import pick
from ainp_harness.wire.exchange import Exchange


def found_dids(exchange: Exchange, context: Context) -> list[str] | None:
    """The DIDs of a discovery's answer, best first; None where it was not answered with a list."""
    operation = context.binding.operations.get(exchange.operation)
    if operation is None or exchange.response is None or not was_accepted(exchange, context):
        return None
    dids = pick(operation, "dids", exchange.response.body.json())
    return [str(did) for did in dids] if isinstance(dids, list) else None


@expectation
def lists_agents(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every answer is a list of agents, empty or not."""
    for exchange in exchanges:
        if found_dids(exchange, context) is None:
            return broken(f"expected a list of agents: {describe(exchange)}")
    return held()


@expectation
def finds(exchanges: Sequence[Exchange], context: Context, did: str, ahead_of: Sequence[str] = ()) -> Judgement:
    """Every answer has this agent once, and ahead of these others wherever they are."""
    for exchange in exchanges:
        dids = found_dids(exchange, context)
        if dids is None:
            return broken(f"expected a list of agents: {describe(exchange)}")
        if dids.count(did) > 1:
            return broken(f"{did} is listed {dids.count(did)} times, expected once")
        if did not in dids:
            return broken(f"{did} is not among the {len(dids)} agents found")
        better = [other for other in ahead_of if other in dids and dids.index(other) < dids.index(did)]
        if better:
            return broken(f"{did} ranks behind {len(better)} agents whose description does not fit, {better[0]} among them")
    return held()


@expectation
def finds_none_of(exchanges: Sequence[Exchange], context: Context, dids: Sequence[str]) -> Judgement:
    """No answer has any of these agents."""
    for exchange in exchanges:
        found = found_dids(exchange, context)
        if found is None:
            return not_shown(f"expected a list of agents: {describe(exchange)}")
        if wrong := [did for did in dids if did in found]:
            return broken(f"{wrong[0]} is found, expected that it is not")
    return held()


@expectation
def finds_at_most(exchanges: Sequence[Exchange], context: Context, count: int, at_least: int = 0) -> Judgement:
    """Every answer has at most `count` agents, and at least `at_least`."""
    for exchange in exchanges:
        found = found_dids(exchange, context)
        if found is None:
            return broken(f"expected a list of agents: {describe(exchange)}")
        if len(found) > count:
            return broken(f"{len(found)} agents, expected at most {count}")
        if len(found) < at_least:
            return broken(f"{len(found)} agents, expected at least {at_least}")
    return held()


@expectation
def finds_nothing(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every answer is an empty list."""
    return finds_at_most(exchanges, context, count=0)


@expectation
def refused_or_lists_agents(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one is refused with 4xx, or answered with a list: never a server's fault."""
    for exchange in exchanges:
        if exchange.response is None:
            return broken(describe(exchange))
        if exchange.response.status == 429:
            return not_shown(f"the limit was reached: {describe(exchange)}")
        if not 400 <= exchange.response.status < 500 and found_dids(exchange, context) is None:
            return broken(f"expected 4xx or a list of agents: {describe(exchange)}")
    return held()
