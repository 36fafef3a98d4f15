"""Negotiating on the surface servesys: one operation a phase, each proven by whoever moves. The rules are the service's."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.canonical import NotCanonical, parse_json
from ainp_harness.wire.errors import ErrorCode
from reference_broker.admission import Proven, require_owner
from reference_broker.broker import Broker
from reference_broker.errors import BrokerError, json_response
from reference_broker.negotiation_session import Session
from reference_broker.negotiation_terms import Move, Phase, negotiation_id
from reference_broker.servesys_negotiation import answer, creation, session_told, state_told


async def create(request: Request, broker: Broker) -> Response:
    """Open a session with another agent, by a first proposal."""
    proven = await broker.admission.proof(request, json_body=True)
    session = await _take(broker, proven, creation(_body(proven)))
    return json_response(session_told(session), 201)


async def propose(request: Request, broker: Broker) -> Response:
    return await _answer(request, broker, Phase.COUNTER)


async def accept(request: Request, broker: Broker) -> Response:
    return await _answer(request, broker, Phase.ACCEPT)


async def reject(request: Request, broker: Broker) -> Response:
    """End it without acceptance."""
    return await _answer(request, broker, Phase.REJECT)


async def settle(request: Request, broker: Broker) -> Response:
    """Pay out what an acceptance reserved: here a price of this surface reserves nothing, so there is nothing to pay."""
    proven = await broker.admission.proof(request, json_body=True)
    await broker.negotiations.get(_asked(request), proven.did)
    raise BrokerError(ErrorCode.NEGOTIATION_FAILED, "nothing is reserved for this negotiation")


async def get_negotiation(request: Request, broker: Broker) -> Response:
    """How a session stands, for one who takes part in it."""
    proven = await broker.admission.proof(request)
    return json_response(session_told(await broker.negotiations.get(_asked(request), proven.did)))


async def list_negotiations(request: Request, broker: Broker) -> Response:
    """One's own sessions, the latest first; `state` picks some of them."""
    proven = await broker.admission.proof(request)
    require_owner(proven, request.query_params.get("agent_did", proven.did))
    state = request.query_params.get("state")
    sessions = await broker.negotiations.of(proven.did)
    return json_response([session_told(session) for session in sessions if state in (None, state_told(session))])


async def _answer(request: Request, broker: Broker, phase: Phase) -> Response:
    proven = await broker.admission.proof(request, json_body=True)
    session = await _take(broker, proven, answer(_asked(request), phase, _body(proven)))
    return json_response(session_told(session))


async def _take(broker: Broker, proven: Proven, move: Move) -> Session:
    require_owner(proven, move.by)
    async with broker.ledger.claim(proven.claim):
        return await broker.negotiations.take(move)


def _asked(request: Request) -> str:
    return negotiation_id(request.path_params["negotiation_id"])


def _body(proven: Proven) -> dict[str, Any]:
    try:
        body = parse_json(proven.body)
    except NotCanonical as error:
        raise BrokerError(ErrorCode.INVALID_ENVELOPE, "the body is no JSON that this protocol takes") from error
    if not isinstance(body, dict):
        raise BrokerError(ErrorCode.INVALID_ENVELOPE, "the body is no object")
    return body
