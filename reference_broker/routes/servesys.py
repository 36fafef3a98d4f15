"""The operations of the surface servesys: the same services as those of [v1], under other paths and in other shapes (`servesys.py`).

It is a superset of what brokers in the field serve: inboxes and connections ask for a proof by their owner, and confirming is added.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from ainp_harness.wire.envelope import Envelope, MsgType
from ainp_harness.wire.errors import ErrorCode
from reference_broker import servesys
from reference_broker.admission import Proven
from reference_broker.announcing import Announcing
from reference_broker.broker import Broker
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError, json_response
from reference_broker.incoming import check_content_type, read_body
from reference_broker.queries import parse_listing_query
from reference_broker.routes import agents, negotiated, websocket
from reference_broker.schemas import check_schema

FOUND = 20
"""A search and a DISCOVER give at most so many."""


async def register(request: Request, broker: Broker) -> Response:
    """Enter an agent: by the rules of [v1], from an address."""
    entry = await agents.entered(request, broker, servesys.parse_servesys_registration)
    return json_response(servesys.registered(entry))


async def search(request: Request, broker: Broker) -> Response:
    """The best agents for a text or an embedding."""
    await broker.admission.anybody(request)
    body = await read_body(request)
    check_content_type(request.headers.get("content-type"))
    found = await broker.discovery.find(servesys.parse_search(body), limit=FOUND, min_similarity=broker.settings.min_similarity)
    return json_response([servesys.found_address(match) for match in found.matches], headers=found.headers)


async def discovery_envelope(request: Request, broker: Broker) -> Response:
    """ADVERTISE and DISCOVER share a path here."""
    envelope = await broker.admission.envelope(request, MsgType.ADVERTISE, MsgType.DISCOVER)
    async with broker.ledger.claim(broker.admission.claim_of(envelope)):
        if envelope.msg_type is MsgType.DISCOVER:
            return await _discover(request, envelope, broker)
        return await _advertise(envelope, broker)


async def _advertise(envelope: Envelope, broker: Broker) -> Response:
    lasts_ms = servesys.advertised_ms(envelope.payload)
    expires_at = int(envelope.expires_ms) if lasts_ms is None else now_ms() + lasts_ms
    plain = replace(envelope, payload=servesys.plain_advertisement(envelope.payload))
    entry = await agents.advertised(broker, plain, expires_at)
    return json_response({"status": "registered", "ttl_minutes": round((entry.expires_at - now_ms()) / servesys.MINUTE_MS)})


async def _discover(request: Request, envelope: Envelope, broker: Broker) -> Response:
    check_schema(envelope)
    found = await broker.discovery.find(servesys.asked_query(envelope), limit=FOUND, min_similarity=broker.settings.min_similarity)
    return negotiated(request, broker, {"results": [servesys.found_address(match) for match in found.matches]}, found.headers)


async def send_intent(request: Request, broker: Broker) -> Response:
    """Take a signed message for others; 200 once the stream has stored it."""
    envelope = await broker.admission.envelope(request, MsgType.INTENT, MsgType.RESULT)
    return json_response(servesys.routed(await broker.routing.send(envelope)))


async def inbox(request: Request, broker: Broker) -> Response:
    """What waits for whoever proves this request, the newest first."""
    proven = await broker.admission.proof(request)
    asked = parse_listing_query(request.query_params)
    await broker.presence.polled(proven.did)
    page = await broker.listing.page(proven.did, limit=asked.limit, before=asked.before, unread=asked.unread)
    rows = [
        servesys.listed_row(one.delivery_id, one.envelope, owner=proven.did, received_at=one.received_at, read_at=one.read_at)
        for one in page.messages
    ]
    cursor = None if page.cursor is None else str(page.cursor)
    return json_response({"messages": rows, "pagination": {"limit": asked.limit, "cursor": cursor, "has_more": cursor is not None}})


async def mark_read(request: Request, broker: Broker) -> Response:
    """Say that a message was read; it stays listed."""
    proven = await broker.admission.proof(request, json_body=True)
    message_id = servesys.parse_message_id(proven.body)
    sequence = _own(broker, proven, message_id)
    async with broker.ledger.claim(proven.claim):
        await broker.listing.mark_read(proven.did, sequence)
    return json_response({"success": True, "message_id": message_id, "read": True})


async def confirm(request: Request, broker: Broker) -> Response:
    """These were handled: they are no longer listed."""
    proven = await broker.admission.proof(request, json_body=True)
    message_ids = servesys.parse_message_ids(proven.body)
    for message_id in message_ids:
        _own(broker, proven, message_id)
    async with broker.ledger.claim(proven.claim):
        await broker.inbox.confirm(proven.did, message_ids)
    return Response(status_code=204)


async def connect(connection: WebSocket) -> None:
    """Be told of new messages."""
    await websocket.open_session(connection, Announcing, servesys.error_body)


def _own(broker: Broker, proven: Proven, message_id: str) -> int:
    """The place in the stream of a message of one's own. An id says whose it is, and the path here does not."""
    sequence = broker.inbox.sequence_of(proven.did, message_id)
    if sequence is None:
        raise BrokerError(ErrorCode.UNAUTHORIZED, "no message of this DID's")
    return sequence
