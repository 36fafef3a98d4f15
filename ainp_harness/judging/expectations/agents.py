"""Registered agents as the broker tells them: what they can do, and nothing that is nobody's business."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.wire.binding import pick
from ainp_harness.wire.exchange import Exchange

_DID = re.compile(r"did:(?:key|web):[A-Za-z0-9.%:_-]+")
_PRIVATE = re.compile(r"(?i)\b(?:private[_-]?key|secret|password|passwd|api[_-]?key|postgres(?:ql)?://|redis://|nats://)")


@expectation
def describes(exchanges: Sequence[Exchange], context: Context, descriptions: Sequence[str]) -> Judgement:
    """Every answer of get_agent tells exactly these descriptions, in any order."""
    for exchange in exchanges:
        if exchange.response is None or not was_accepted(exchange, context):
            return broken(f"expected the agent: {describe(exchange)}")
        found = pick(context.binding.operations[exchange.operation], "descriptions", exchange.response.body.json())
        if not isinstance(found, list) or sorted(map(str, found)) != sorted(descriptions):
            return broken(f"the descriptions are {found!r}, expected {list(descriptions)!r}")
    return held()


@expectation
def unknown_agent(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one of these says that there is no such agent: 404."""
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        if exchange.response.status == 429:
            return not_shown(f"the limit was reached: {describe(exchange)}")
        if exchange.response.status != 404:
            return broken(f"expected 404: {describe(exchange)}")
    return held()


@expectation
def tells_nothing_private(exchanges: Sequence[Exchange], context: Context, dids: Sequence[str] = ()) -> Judgement:
    """Answers name no DID but these and the broker's own kind of words: no secrets, no addresses of its stores."""
    for exchange in exchanges:
        if exchange.response is None or not was_accepted(exchange, context):
            return not_shown(f"not accepted: {describe(exchange)}")
        text = exchange.response.body.text
        if found := _PRIVATE.search(text):
            return broken(f"the answer holds {found[0]!r}: {describe(exchange)}")
        if strangers := {did for did in _DID.findall(text) if did not in dids}:
            return broken(f"the answer names {sorted(strangers)[0]}, somebody else: {describe(exchange)}")
    return held()
