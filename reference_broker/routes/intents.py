"""Sending an INTENT or a RESULT: admitted, then routed. This is where to start reading."""

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
