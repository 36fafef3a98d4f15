"""Deliveries: what arrived, where, how often, and unchanged. Absence is shown by what arrived after it, never by waiting."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.judging.verdict import Outcome
from ainp_harness.wire.binding import Operation, pick, pick_path
from ainp_harness.wire.canonical import NotCanonical, canonical
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.errors import WireError
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.signing import verify


@dataclass(frozen=True)
class Delivery:
    """One message as a recipient got it."""

    delivery_id: str
    envelope: dict[str, Any]
    exchange: str
    at_ms: float

    @property
    def id(self) -> str:
        return str(self.envelope.get("id", "")).lower()


def deliveries_in(exchange: Exchange, context: Context) -> list[Delivery]:
    """What a poll's answer or a WebSocket's frames delivered."""
    operation = context.binding.operations.get(exchange.operation)
    if operation is None or exchange.operation not in ("poll", "websocket"):
        return []
    if exchange.operation == "websocket":
        found = []
        for frame in exchange.frames:
            body = None if frame.sent else _json(frame.text)
            envelope, delivery_id = pick(operation, "envelope", body), pick(operation, "delivery_id", body)
            if isinstance(envelope, dict):
                found.append(Delivery(str(delivery_id), envelope, exchange.id, frame.at_ms))
        return found
    if exchange.response is None or exchange.response.status not in operation.success:
        return []
    at_ms = exchange.started_ms + exchange.duration_ms
    return [
        Delivery(str(delivery_id), envelope, exchange.id, at_ms)
        for delivery_id, envelope in _messages(operation, exchange.response.body.json())
        if isinstance(envelope, dict)
    ]


def _messages(operation: Operation, body: Any) -> list[tuple[Any, Any]]:
    """The (delivery id, envelope) of each message of a poll's answer: one without an id was delivered as well."""
    ids_at, envelopes_at = operation.pick.get("delivery_ids", ""), operation.pick.get("envelopes", "")
    (place, inside, id_at), (other, _, envelope_at) = ids_at.rpartition("[]."), envelopes_at.rpartition("[].")
    if inside and place == other:
        messages = pick_path(place + "[]", body) or []
        return [(pick_path(id_at, message), pick_path(envelope_at, message)) for message in messages]
    ids, envelopes = pick_path(ids_at, body), pick_path(envelopes_at, body)
    if not isinstance(envelopes, list):
        return []
    return list(itertools.zip_longest(ids if isinstance(ids, list) else [], envelopes))


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _all(exchanges: Iterable[Exchange], context: Context) -> list[Delivery]:
    return [delivery for exchange in exchanges for delivery in deliveries_in(exchange, context)]


def _unreadable(exchanges: Sequence[Exchange], context: Context) -> Exchange | None:
    """The first source that failed: what it would have shown is not known."""
    for exchange in exchanges:
        operation = context.binding.operations.get(exchange.operation)
        if exchange.response is None or operation is None or exchange.response.status not in operation.success:
            return exchange
        if exchange.operation == "poll" and (exchange.response.body.truncated or exchange.response.body.json() is None):
            return exchange
    return None


@expectation
def received(exchanges: Sequence[Exchange], context: Context, ids: Sequence[str]) -> Judgement:
    """Every one of these messages arrived in these polls or frames, and none of them twice."""
    judgement = arrived(exchanges, context, ids)
    return judgement if judgement.outcome is not Outcome.HELD else not_doubled(exchanges, context, ids)


@expectation
def arrived(exchanges: Sequence[Exchange], context: Context, ids: Sequence[str]) -> Judgement:
    """Every one of these messages arrived in these polls or frames, once or more often."""
    deliveries = _all(exchanges, context)
    there = {delivery.id for delivery in deliveries}
    missing = [identifier for identifier in ids if identifier.lower() not in there]
    if not missing:
        return held()
    if (source := _unreadable(exchanges, context)) is not None:
        return broken(f"{missing[0]} did not arrive: {describe(source)}")
    return broken(f"{len(missing)} of {len(ids)} messages did not arrive, {missing[0]} among them; {len(there)} others were there")


@expectation
def not_doubled(exchanges: Sequence[Exchange], context: Context, ids: Sequence[str]) -> Judgement:
    """None of these messages arrived as two deliveries, nor twice in one answer or over one connection. From poll to poll the same
    delivery comes again until it is confirmed."""
    for identifier in ids:
        answers = [[one for one in deliveries_in(exchange, context) if one.id == identifier.lower()] for exchange in exchanges]
        ways = sorted({one.delivery_id for answer in answers for one in answer})
        if len(ways) > 1:
            return broken(f"{identifier} arrived as {len(ways)} deliveries ({', '.join(ways)}), expected one")
        if any(len(answer) > 1 for answer in answers):
            return broken(f"{identifier} arrived twice in one answer")
    return held()


@expectation
def not_received(exchanges: Sequence[Exchange], context: Context, ids: Sequence[str], after: str | None = None) -> Judgement:
    """None of these messages arrived, shown once the control `after`, sent later to the same recipient, is there.

    Without `after` the sources are a bystander's: its own control must have arrived in the same probe.
    """
    deliveries = _all(exchanges, context)
    there = {delivery.id for delivery in deliveries}
    for identifier in ids:
        if identifier.lower() in there:
            return broken(f"{identifier} was delivered, expected that it is not")
    if (source := _unreadable(exchanges, context)) is not None:
        return not_shown(describe(source))
    if after is not None and after.lower() not in there:
        return not_shown(f"the control {after}, sent later, has not arrived, so absence is not shown")
    return held()


def same_value(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, by their canonical forms."""
    try:
        return canonical(one) == canonical(other)
    except NotCanonical:
        return False


@expectation
def delivered_as_sent(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """The first exchange's envelope arrived, in one of the others, as the same JSON value, sig included."""
    sent = exchanges[0].request.body.json()
    if not isinstance(sent, dict):
        return not_shown("what was sent is no longer whole in the evidence")
    same_id = [delivery for delivery in _all(exchanges[1:], context) if delivery.id == str(sent.get("id", "")).lower()]
    if not same_id:
        return broken(f"{sent.get('id')} did not arrive")
    for delivery in same_id:
        if same_value(delivery.envelope, sent):
            continue
        changed = sorted(name for name in {*sent, *delivery.envelope} if sent.get(name) != delivery.envelope.get(name))
        return broken(f"{sent.get('id')} arrived changed in {', '.join(changed) or 'the kind of a number'}")
    return held()


@expectation
def carries(exchanges: Sequence[Exchange], context: Context, id: str, from_did: str, text: str) -> Judgement:  # noqa: A002
    """The message arrived from this sender with this text in it."""
    for delivery in _all(exchanges, context):
        if delivery.id == id.lower():
            if delivery.envelope.get("from_did") != from_did:
                return broken(f"{id} arrived as from {delivery.envelope.get('from_did')!r}, sent by {from_did}")
            if text not in orjson.dumps(delivery.envelope).decode():
                return broken(f"{id} arrived without its content")
            return held()
    return broken(f"{id} did not arrive")


@expectation
def nothing_delivered(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """None of these, whatever they answered, delivered any message."""
    for exchange in exchanges:
        if found := deliveries_in(exchange, context):
            return broken(f"{len(found)} messages were delivered, {found[0].id} among them: {describe(exchange)}")
        if exchange.response is None and exchange.kind == "http":
            return not_shown(describe(exchange))
    return held()


@expectation
def refused_or_verifiable(exchanges: Sequence[Exchange], context: Context, id: str) -> Judgement:  # noqa: A002
    """The first was refused as a client's fault, or what the others delivered under this id carries its sender's signature."""
    first = exchanges[0]
    if first.response is None or first.response.status == 429:
        return not_shown(describe(first))
    if 400 <= first.response.status < 500:
        return held("refused")
    if not was_accepted(first, context):
        return broken(f"neither accepted nor refused with 4xx: {describe(first)}")
    for delivery in _all(exchanges[1:], context):
        if delivery.id == id.lower():
            try:
                verify(delivery.envelope, public_key_of(str(delivery.envelope.get("from_did"))))
            except WireError as error:
                return broken(f"{id} was delivered as something that its sender did not sign: {error}")
            return held("delivered as signed")
    return not_shown(f"accepted, but {id} did not arrive, so what became of it is not known")
