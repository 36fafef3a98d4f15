"""WebSockets: whether they open, for whom, what they push and how they close."""

from __future__ import annotations

from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.delivery import deliveries, deliveries_by_exchange, deliveries_in
from ainp_harness.wire.exchange import Exchange


def opened(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 101


@expectation
def opens(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one of these connections was opened."""
    for exchange in exchanges:
        if not opened(exchange):
            return broken(f"the WebSocket did not open: {describe(exchange)}")
    return held()


@expectation
def pushed_within(exchanges: Sequence[Exchange], context: Context, limit_ms: float) -> Judgement:
    """The first exchange's message came over the WebSocket, the second, within this time of its acknowledgement.

    Further exchanges are polls: they name what a WebSocket announces.
    """
    sent, socket = exchanges[0], exchanges[1]
    body = sent.request.body.json()
    identifier = str(body.get("id", "")).lower() if isinstance(body, dict) else ""
    if not opened(socket):
        return broken(f"the WebSocket did not open: {describe(socket)}")
    came = deliveries(exchanges[1:], context)
    for delivery in came:
        if delivery.id == identifier:
            waited = delivery.at_ms - (sent.started_ms + sent.duration_ms)
            return (
                held(f"{max(waited, 0):.0f} ms")
                if waited <= limit_ms
                else broken(f"{identifier} came after {waited:.0f} ms, expected {limit_ms:.0f}")
            )
    return broken(f"{identifier} did not come over the WebSocket; {len(came)} others did")


@expectation
def closed_or_refused(exchanges: Sequence[Exchange], context: Context, codes: Sequence[int] = ()) -> Judgement:
    """Every one of these was refused at the upgrade with 4xx, or closed with one of these codes, and delivered nothing."""
    for exchange in exchanges:
        if deliveries_in(exchange, context):
            return broken("messages came over a connection that should not have any")
        if opened(exchange):
            if exchange.close_code is None:
                return broken("the connection stayed open, expected that it is closed")
            if codes and exchange.close_code not in codes:
                return broken(f"closed with {exchange.close_code}, expected {' or '.join(map(str, codes))}")
        elif exchange.response is None:
            return not_shown(describe(exchange))
        elif not 400 <= exchange.response.status < 500:
            return broken(f"expected 4xx at the upgrade: {describe(exchange)}")
    return held()


@expectation
def second_connection_defined(exchanges: Sequence[Exchange], context: Context, id: str) -> Judgement:  # noqa: A002
    """Of two connections for one DID both received the message, or the first was closed with a code and the second received it.

    Further exchanges are polls: they name what a WebSocket announces.
    """
    first, second = exchanges[0], exchanges[1]
    if not opened(first):
        return not_shown(describe(first))
    came = deliveries_by_exchange(exchanges, context)
    got = [any(delivery.id == id.lower() for delivery in some) for some in came[:2]]
    if all(got):
        return held("both received")
    if got[1] and first.close_code is not None:
        return held(f"the first was closed with {first.close_code}")
    if got[0] and not opened(second):
        return held("the second was refused")
    seen = f"first received: {got[0]}, closed with {first.close_code}; second received: {got[1]}"
    return broken(f"{seen}; expected both, or the first closed with a code")
