"""An agent's own queue over HTTP: read what waits, confirm what was handled. Every request proves whose it is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.admission import require_owner
from reference_broker.broker import Broker
from reference_broker.delivery import frame_of
from reference_broker.queries import parse_confirmation, parse_poll_query


async def poll(request: Request, broker: Broker) -> Response:
    """What waits, in order; with wait_ms, what comes within that time when nothing waits."""
    proven = await broker.admission.proof(request)
    require_owner(proven, request.path_params["did"])
    asked = parse_poll_query(request.query_params)
    await broker.presence.polled(proven.did)
    messages = await broker.inbox.poll(proven.did, limit=asked.limit, wait_s=asked.wait_s)
    # Envelopes are stored as JSON and go out as they are stored.
    frames = b",".join(frame_of(message.delivery_id, message.envelope) for message in messages)
    return Response(b'{"messages":[' + frames + b"]}", media_type="application/json")


async def confirm(request: Request, broker: Broker) -> Response:
    """These were handled: they are never delivered again."""
    proven = await broker.admission.proof(request, json_body=True)
    require_owner(proven, request.path_params["did"])
    delivery_ids = parse_confirmation(proven.body)
    async with broker.ledger.claim(proven.claim):
        await broker.inbox.confirm(proven.did, delivery_ids)
    return Response(status_code=204)
