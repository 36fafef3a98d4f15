"""Deliveries: what arrived, where, how often, and unchanged. Absence is shown by what arrived after it, never by waiting."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
from ainp_harness.wire.payloads import text_member
from ainp_harness.wire.signing import verify


@dataclass(frozen=True)
class Delivery:
    """One message as a recipient got it: as an envelope, or, on a surface that lists messages, as a row that tells less."""

    delivery_id: str
    id: str
    """The envelope's id in lower case; empty where all that came is an announcement."""
    from_did: str | None
    content: str | None
    envelope: dict[str, Any] | None
    exchange: str
    at_ms: float


def deliveries_in(exchange: Exchange, context: Context) -> list[Delivery]:
    """What a poll's answer or a WebSocket's frames delivered."""
    operation = context.binding.operations.get(exchange.operation)
    if operation is None or exchange.operation not in ("poll", "websocket"):
        return []
    if exchange.operation == "websocket":
        frames = [(frame.at_ms, _frame(operation, _json(frame.text))) for frame in exchange.frames if not frame.sent]
        return [_delivery(row, exchange, at_ms) for at_ms, row in frames if row]
    if exchange.response is None or exchange.response.status not in operation.success:
        return []
    at_ms = exchange.started_ms + exchange.duration_ms
    return [_delivery(row, exchange, at_ms) for row in rows_of(operation, exchange.response.body.json()) if not is_done_with(row, context)]


FIELDS = {
    "delivery_ids": "delivery_id",
    "envelopes": "envelope",
    "ids": "id",
    "from_dids": "from_did",
    "contents": "content",
    "read_at": "read_at",
}
"""What a poll's answer tells of each message, by the names of its picks."""


def rows_of(operation: Operation, body: Any) -> list[dict[str, Any]]:
    """The messages of a poll's answer, each with what the surface tells of it. One without a delivery id was delivered as well."""
    paths = {FIELDS[name]: path for name, path in operation.pick.items() if name in FIELDS}
    split = {name: path.rpartition("[].") for name, path in paths.items()}
    places = {place for place, _, _ in split.values()}
    if len(places) == 1 and all(inside for _, inside, _ in split.values()):
        elements = pick_path(places.pop() + "[]", body) or []
        rows = [{name: pick_path(at, element) for name, (_, _, at) in split.items()} for element in elements]
    else:
        columns = {name: found for name, path in paths.items() if isinstance(found := pick_path(path, body), list)}
        rows = [dict(zip(columns, row, strict=True)) for row in itertools.zip_longest(*columns.values())]
    return [row for row in rows if isinstance(row.get("envelope"), dict) or isinstance(row.get("id"), str)]


def is_done_with(row: dict[str, Any], context: Context) -> bool:
    """Whether a row only stays listed: on a surface that has no confirming but marks what was read, a marked message is confirmed."""
    binding = context.binding
    return row.get("read_at") is not None and binding.offers("mark_read") and not binding.offers("confirm")


def _frame(operation: Operation, frame: Any) -> dict[str, Any]:
    """A frame that delivers an envelope, or announces a message; empty for any other."""
    envelope = pick(operation, "envelope", frame)
    if isinstance(envelope, dict):
        return {"envelope": envelope, "delivery_id": pick(operation, "delivery_id", frame)}
    announced = pick(operation, "message_id", frame)
    return {} if announced is None else {"delivery_id": announced, "from_did": pick(operation, "from_did", frame)}


def _delivery(row: dict[str, Any], exchange: Exchange, at_ms: float) -> Delivery:
    envelope = row.get("envelope")
    if isinstance(envelope, dict):
        row = {
            **row,
            "id": envelope.get("id"),
            "from_did": envelope.get("from_did"),
            "content": orjson.dumps(envelope).decode(),
        }
    identifier, sender, content = (row.get(name) for name in ("id", "from_did", "content"))
    return Delivery(
        delivery_id=str(row.get("delivery_id")),
        id=str(identifier or "").lower(),
        from_did=sender if isinstance(sender, str) else None,
        content=content if isinstance(content, str) else None,
        envelope=envelope if isinstance(envelope, dict) else None,
        exchange=exchange.id,
        at_ms=at_ms,
    )


def deliveries(exchanges: Iterable[Exchange], context: Context) -> list[Delivery]:
    """What these polls and connections delivered."""
    return [delivery for one in deliveries_by_exchange(exchanges, context) for delivery in one]


def deliveries_by_exchange(exchanges: Iterable[Exchange], context: Context) -> list[list[Delivery]]:
    """What each of these polls and connections delivered, in their order.

    Where a WebSocket only announces messages, polls beside it say which message each announcement is; what they list did not come over it.
    """
    exchanges = list(exchanges)
    found = [deliveries_in(exchange, context) for exchange in exchanges]
    announces = [exchange.operation == "websocket" for exchange in exchanges]
    if not any(announces) or not context.binding.picks("websocket", "message_id"):
        return found
    listed = [delivery for some, announcing in zip(found, announces, strict=True) if not announcing for delivery in some]
    named = {delivery.delivery_id: delivery.id for delivery in listed}
    return [
        [replace(delivery, id=named.get(delivery.delivery_id, "")) for delivery in some] if announcing else []
        for some, announcing in zip(found, announces, strict=True)
    ]


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


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
    there = {delivery.id for delivery in deliveries(exchanges, context)}
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
    found = deliveries_by_exchange(exchanges, context)
    for identifier in ids:
        answers = [[one for one in some if one.id == identifier.lower()] for some in found]
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
    there = {delivery.id for delivery in deliveries(exchanges, context)}
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
    """The first exchange's envelope arrived, in one of the others, as the same JSON value, sig included.

    Where the surface shows no envelopes, what it shows is compared: the sender, and the text or the payload. That the rest is unchanged is
    not shown there (AINP-QOS-002 is out of such a binding's reach).
    """
    sent = exchanges[0].request.message
    if not isinstance(sent, dict):
        return not_shown("what was sent is no longer whole in the evidence")
    same_id = [delivery for delivery in deliveries(exchanges[1:], context) if delivery.id == str(sent.get("id", "")).lower()]
    if not same_id:
        return broken(f"{sent.get('id')} did not arrive")
    for delivery in same_id:
        if delivery.envelope is None:
            if delivery.from_did == sent.get("from_did") and _shows_payload(delivery.content, sent.get("payload")):
                continue
            return broken(f"{sent.get('id')} is listed with another sender or content than was sent")
        if same_value(delivery.envelope, sent):
            continue
        changed = sorted(name for name in {*sent, *delivery.envelope} if sent.get(name) != delivery.envelope.get(name))
        return broken(f"{sent.get('id')} arrived changed in {', '.join(changed) or 'the kind of a number'}")
    return held()


def _shows_payload(content: str | None, payload: Any) -> bool:
    """Whether a row's content is the text of a message, or of any other kind the payload as JSON."""
    if content is None or not isinstance(payload, dict):
        return False
    semantics = payload.get("semantics")
    text = semantics.get(text_member(payload)) if isinstance(semantics, dict) else None
    return content == text or same_value(_json(content), payload)


@expectation
def carries(exchanges: Sequence[Exchange], context: Context, id: str, from_did: str, text: str) -> Judgement:  # noqa: A002
    """The message arrived from this sender with this text in it."""
    for delivery in deliveries(exchanges, context):
        if delivery.id == id.lower():
            if delivery.from_did != from_did:
                return broken(f"{id} arrived as from {delivery.from_did!r}, sent by {from_did}")
            if text not in (delivery.content or ""):
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
def refused_or_verifiable(exchanges: Sequence[Exchange], context: Context, id: str, text: str = "") -> Judgement:  # noqa: A002
    """The first was refused as a client's fault, or what the others delivered under this id carries its sender's signature.

    Where the surface shows no envelope, it carries the text that was signed.
    """
    first = exchanges[0]
    if first.response is None or first.response.status == 429:
        return not_shown(describe(first))
    if 400 <= first.response.status < 500:
        return held("refused")
    if not was_accepted(first, context):
        return broken(f"neither accepted nor refused with 4xx: {describe(first)}")
    for delivery in deliveries(exchanges[1:], context):
        if delivery.id == id.lower():
            if delivery.envelope is None and not text:
                return not_shown("this surface shows no envelopes")
            if delivery.envelope is None:
                signed = text in (delivery.content or "")
                return held("delivered as signed") if signed else broken(f"{id} was delivered with another text than was signed")
            try:
                verify(delivery.envelope, public_key_of(str(delivery.envelope.get("from_did"))))
            except WireError as error:
                return broken(f"{id} was delivered as something that its sender did not sign: {error}")
            return held("delivered as signed")
    return not_shown(f"accepted, but {id} did not arrive, so what became of it is not known")
