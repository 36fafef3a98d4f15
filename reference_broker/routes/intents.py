"""Sending an INTENT or a RESULT: admitted, then routed. This is where to start reading. And what its sender may ask afterwards."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.envelope import MsgType
from reference_broker.broker import Broker
from reference_broker.errors import json_response


async def send_intent(request: Request, broker: Broker) -> Response:
    """Take a signed message for others; 202 once the stream has stored it."""
    envelope = await broker.admission.envelope(request, MsgType.INTENT, MsgType.RESULT)
    receipt = await broker.routing.send(envelope)
    return json_response(receipt.body(), 202)


async def intent_status(request: Request, broker: Broker) -> Response:
    """How far one's own intent has come."""
    proven = await broker.admission.proof(request)
    return json_response(await broker.intents.status(proven.did, request.path_params["intent_id"]))


async def cancel_intent(request: Request, broker: Broker) -> Response:
    """Take one's own intent back, before anybody got it."""
    proven = await broker.admission.proof(request)
    async with broker.ledger.claim(proven.claim):
        await broker.intents.cancel(proven.did, request.path_params["intent_id"])
    return Response(status_code=204)
