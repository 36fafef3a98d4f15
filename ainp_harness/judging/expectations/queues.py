"""Queues: who of those that match gets a message, what a sender is told of an absent one, in which order and how fast what waits comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import code_of, refused, was_accepted
from ainp_harness.judging.expectations.delivery import deliveries, deliveries_in
from ainp_harness.wire.binding import pick
from ainp_harness.wire.errors import ErrorCode
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.proof import DID_HEADER

CANNOT_JUST_NOW = frozenset({503, 507})
"""Beside 4xx: by these a broker may say that it takes no more at present."""

SUM_IS_OFF_BY = 1e-6
"""Weights are decimal fractions, and their sum a double."""


def _told(exchange: Exchange, context: Context, field: str) -> Any:
    body = exchange.response.body.json() if exchange.response is not None else None
    return pick(context.binding.operations[exchange.operation], field, body)


@expectation
def refused_with_a_code(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one was refused as a client's fault, with a code of whatever name."""
    for exchange in exchanges:
        judgement = refused([exchange], context)
        if judgement.outcome != "held":
            return judgement
        if code_of(exchange, context) is None:
            return broken(f"refused without an error code: {describe(exchange)}")
    return held()


@expectation
def tells_absent(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Of every one its sender is told that the recipient is away: AGENT_OFFLINE, or that it is queued and until when."""
    for exchange in exchanges:
        if exchange.response is None or exchange.response.status == 429:
            return not_shown(describe(exchange))
        offline = code_of(exchange, context) == ErrorCode.AGENT_OFFLINE
        if 400 <= exchange.response.status < 500 and offline:
            continue
        if not was_accepted(exchange, context):
            return broken(f"neither AGENT_OFFLINE nor queued: {describe(exchange)}")
        if not offline and _told(exchange, context, "queued") is not True:
            return broken(f"acknowledged as if the recipient were there: {describe(exchange)}")
        if "expires_at" in context.binding.operations[exchange.operation].pick and _told(exchange, context, "expires_at") is None:
            return broken(f"queued, but until when is not said: {describe(exchange)}")
    return held()


@expectation
def reaches_some(
    exchanges: Sequence[Exchange],
    context: Context,
    id: str,  # noqa: A002
    matching: Sequence[str],
    at_most: int,
    after: Mapping[str, str],
) -> Judgement:
    """In these polls of everybody's, the message reached between one and `at_most` of the matching agents, and nobody else.

    Args:
        after: DID -> the control that was sent to it later; where that is not there, nothing is shown of its owner.
    """
    got: dict[str, set[str]] = {did: set() for did in after}
    for exchange in exchanges:
        got.setdefault(exchange.request.headers.get(DID_HEADER.lower(), ""), set()).update(d.id for d in deliveries_in(exchange, context))
    who = [did for did, ids in got.items() if id.lower() in ids]
    if strangers := [did for did in who if did not in matching]:
        return broken(f"{id} reached {strangers[0]}, which does not match")
    if len(who) > at_most:
        return broken(f"{id} reached {len(who)} agents, the broker declares at most {at_most}")
    if missing := [did for did, control in after.items() if control.lower() not in got[did]]:
        return not_shown(f"the control to {missing[0]}, sent later, has not arrived, so what it did not get is not known")
    return held(f"reached {len(who)}") if who else broken(f"{id} was acknowledged and reached none of the {len(matching)} that match")


@expectation
def comes_in_order(exchanges: Sequence[Exchange], context: Context, ids: Sequence[str]) -> Judgement:
    """In these polls or frames, one after another, these messages came in this order; others may stand between them."""
    wanted = [identifier.lower() for identifier in ids]
    came = list(dict.fromkeys(one.id for one in deliveries(exchanges, context) if one.id in wanted))
    if missing := [identifier for identifier in wanted if identifier not in came]:
        return not_shown(f"{len(missing)} of {len(wanted)} messages did not come, {missing[0]} among them, so there is no order to see")
    if came != wanted:
        numbers = [wanted.index(identifier) + 1 for identifier in came]
        return broken(f"they came in the order {numbers}, expected 1 to {len(wanted)}")
    return held()


@expectation
def comes_slowly(exchanges: Sequence[Exchange], context: Context, at_most: int, in_s: float) -> Judgement:
    """Over this connection, no more than so many messages came within any so many seconds."""
    times = sorted(one.at_ms for one in deliveries(exchanges, context))
    if not times:
        return not_shown(f"nothing came: {describe(exchanges[0])}")
    most = max(sum(begin <= at < begin + in_s * 1000 for at in times) for begin in times)
    if most > at_most:
        return broken(f"{most} messages came within {in_s:g} s, expected about 10 a second and at most {at_most}")
    return held(f"{most} of {len(times)} within {in_s:g} s")


@expectation
def fills_up(exchanges: Sequence[Exchange], context: Context, at_most: int) -> Judgement:
    """Of these, sent to one absent agent, no more than so many were accepted, and every further sender was told."""
    accepted = sum(was_accepted(exchange, context) for exchange in exchanges)
    if accepted > at_most:
        return broken(f"{accepted} messages were accepted, declared are {at_most} for one agent")
    for exchange in exchanges:
        if was_accepted(exchange, context):
            continue
        if exchange.response is None or exchange.response.status == 429:
            return not_shown(describe(exchange))
        status = exchange.response.status
        if not (400 <= status < 500 or status in CANNOT_JUST_NOW) or code_of(exchange, context) is None:
            return broken(f"not accepted, and why is not said: {describe(exchange)}")
    if accepted == len(exchanges):
        return not_shown(f"all {accepted} were accepted, which is within the bound")
    return held(f"{accepted} accepted")


@expectation
def weights_sum_to_one(exchanges: Sequence[Exchange], context: Context, but: Sequence[str] = ("bid_scale",)) -> Judgement:
    """The priority weights that every answer declares sum to 1.0; `but` are no weights."""
    for exchange in exchanges:
        told = _told(exchange, context, "weights")
        if not was_accepted(exchange, context) or not isinstance(told, dict) or not told:
            return not_shown(f"no weights are declared: {describe(exchange)}")
        weights = {name: value for name, value in told.items() if name not in but}
        if wrong := [name for name, value in weights.items() if isinstance(value, bool) or not isinstance(value, int | float)]:
            return broken(f"the weight {wrong[0]} is {weights[wrong[0]]!r}, expected a number")
        if abs(sum(weights.values()) - 1) > SUM_IS_OFF_BY:
            return broken(f"the weights {weights} sum to {sum(weights.values()):g}, expected 1")
    return held()
