"""Fields of answers, as the binding names them, and sets of messages of which each has an outcome of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import refused, was_accepted
from ainp_harness.wire.binding import pick
from ainp_harness.wire.exchange import Exchange


@expectation
def tells(exchanges: Sequence[Exchange], context: Context, field: str, value: Any, last: bool = False) -> Judgement:
    """Every answer, or with `last` the last one, is accepted, and its field of this name (the binding's `pick`) has this value."""
    for exchange in exchanges[-1:] if last else exchanges:
        operation = context.binding.operations[exchange.operation]
        if field not in operation.pick:
            return not_shown(f"the binding does not say where {exchange.operation} tells {field}")
        if exchange.response is None or not was_accepted(exchange, context):
            return broken(f"not accepted: {describe(exchange)}")
        if (found := pick(operation, field, exchange.response.body.json())) != value:
            return broken(f"{field} is {found!r}, expected {value!r}: {describe(exchange)}")
    return held()


@expectation
def tells_some(exchanges: Sequence[Exchange], context: Context, fields: Sequence[str]) -> Judgement:
    """Every answer is accepted and tells each of these fields, whatever they are."""
    for exchange in exchanges:
        if exchange.response is None or not was_accepted(exchange, context):
            return broken(f"not accepted: {describe(exchange)}")
        operation, body = context.binding.operations[exchange.operation], exchange.response.body.json()
        if missing := [field for field in fields if pick(operation, field, body) is None]:
            return broken(f"{missing[0]} is not told: {describe(exchange)}")
    return held()


@expectation
def tells_the_same(exchanges: Sequence[Exchange], context: Context, field: str) -> Judgement:
    """Every answer tells the same of this field as the first."""
    operation = context.binding.operations[exchanges[0].operation]
    first = exchanges[0].response
    if first is None or (value := pick(operation, field, first.body.json())) is None:
        return not_shown(f"nothing to compare with: {describe(exchanges[0])}")
    return tells(exchanges, context, field, value)


@expectation
def each_refused(exchanges: Sequence[Exchange], context: Context, changes: Sequence[str], codes: Sequence[str] = ()) -> Judgement:
    """Every one of these messages, each changed as told, was refused as a client's fault and for the right reason."""
    for exchange, change in zip(exchanges, changes, strict=True):
        judgement = refused([exchange], context, codes=codes)
        if judgement.outcome != "held":
            return Judgement(judgement.outcome, f"{change}: {judgement.message}")
    return held(f"{len(exchanges)} changes")


@expectation
def some_refused(exchanges: Sequence[Exchange], context: Context, codes: Sequence[str] = ()) -> Judgement:
    """At least one was refused as a client's fault and for the right reason, and no other fared worse."""
    count = 0
    for exchange in exchanges:
        if was_accepted(exchange, context):
            continue
        judgement = refused([exchange], context, codes=codes)
        if judgement.outcome != "held":
            return judgement
        count += 1
    return held(f"{count} of {len(exchanges)} refused") if count else broken(f"none of {len(exchanges)} was refused")


@expectation
def turns_out(exchanges: Sequence[Exchange], context: Context, outcomes: Sequence[str], codes: Sequence[str] = ()) -> Judgement:
    """Each of these was accepted or refused as told: "accepted", "refused", or "either", which is anything but a server's fault."""
    for number, (exchange, wanted) in enumerate(zip(exchanges, outcomes, strict=True), start=1):
        if wanted != "refused" and was_accepted(exchange, context):
            continue
        if wanted == "accepted":
            return broken(f"number {number} was not accepted: {describe(exchange)}")
        judgement = refused([exchange], context, codes=codes)
        if judgement.outcome != "held":
            return judgement
    return held()
