"""Negotiating by signed messages, and reading how a negotiation stands."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.envelope import MsgType
from reference_broker.broker import Broker
from reference_broker.errors import json_response, not_found
from reference_broker.negotiation_terms import move_of
from reference_broker.negotiations import session_body
from reference_broker.schemas import check_schema


async def negotiate(request: Request, broker: Broker) -> Response:
    """One message of a negotiation: carried out, passed on to the others, and answered with how it stands then."""
    envelope = await broker.admission.envelope(request, MsgType.NEGOTIATE)
    async with broker.ledger.claim(broker.admission.claim_of(envelope)):
        check_schema(envelope)
        session = await broker.negotiations.take(move_of(envelope), envelope)
    return json_response(session_body(session))


async def get_negotiation(request: Request, broker: Broker) -> Response:
    """How a negotiation stands, for one who takes part in it."""
    proven = await broker.admission.proof(request)
    negotiation_id = request.path_params["negotiation_id"]
    if "\x00" in negotiation_id:
        raise not_found("this negotiation")
    return json_response(session_body(await broker.negotiations.get(negotiation_id, proven.did)))
