"""Registering, showing and removing agents, and the signed way of registering: ADVERTISE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.canonical import NotCanonical, parse_json
from ainp_harness.wire.envelope import Envelope, MsgType
from ainp_harness.wire.errors import ErrorCode
from reference_broker.admission import require_owner
from reference_broker.broker import Broker
from reference_broker.clock import now_ms
from reference_broker.errors import BrokerError, json_response, not_found
from reference_broker.incoming import check_content_type, read_body
from reference_broker.registration import Malformed, Offer, Registration, parse_offer, parse_registration
from reference_broker.registry import Entry
from reference_broker.schemas import check_schema


async def register(request: Request, broker: Broker) -> Response:
    """Enter an agent."""
    entry = await entered(request, broker, parse_registration)
    return json_response(_receipt(entry), 201 if entry.is_new else 200)


async def entered(request: Request, broker: Broker, read: Callable[[Any], Registration]) -> Entry:
    """A registration in the shape that `read` takes, entered. The first time it may come without proof; a proof that does not hold is
    never taken as none."""
    await broker.admission.anybody(request)
    body = await read_body(request)
    check_content_type(request.headers.get("content-type"))
    registration = _parse(body, read)
    keys = await broker.admission.keys_of(registration.did)
    if registration.public_key not in (None, *keys):
        raise BrokerError(ErrorCode.INVALID_REGISTRATION, "publicKey: not a key that the DID names")
    proven = await broker.admission.verify_proof_of(request, body)
    if proven is None:
        entry = await _enter(broker, registration, verified=False)
    else:
        require_owner(proven, registration.did)
        async with broker.ledger.claim(proven.claim):
            entry = await _enter(broker, registration, verified=True)
        await broker.presence.proved(registration.did)
    return entry


async def get_agent(request: Request, broker: Broker) -> Response:
    await broker.admission.anybody(request)
    did = request.path_params["did"]
    if "\x00" in did:
        raise not_found("this agent")
    return json_response(await broker.registry.get(did))


async def unregister(request: Request, broker: Broker) -> Response:
    """Remove one's own entry."""
    proven = await broker.admission.proof(request)
    require_owner(proven, request.path_params["did"])
    async with broker.ledger.claim(proven.claim):
        await broker.registry.remove(proven.did)
    return Response(status_code=204)


async def advertise(request: Request, broker: Broker) -> Response:
    """A signed message registers its sender until timestamp + ttl."""
    envelope = await broker.admission.envelope(request, MsgType.ADVERTISE)
    async with broker.ledger.claim(broker.admission.claim_of(envelope)):
        entry = await advertised(broker, envelope, int(envelope.expires_ms))
    return json_response({"did": entry.did, "expires_at": entry.expires_at})


async def advertised(broker: Broker, envelope: Envelope, expires_at: int) -> Entry:
    """What an admitted and claimed ADVERTISE tells, entered until then."""
    check_schema(envelope)
    offer = _offer(envelope)
    if envelope.expires_ms <= now_ms():
        raise BrokerError(ErrorCode.TIMEOUT, "timestamp + ttl has passed: there is nothing left to advertise")
    try:
        return await broker.registry.register(envelope.from_did, offer, verified=True, expires_at=expires_at)
    except Malformed as error:
        raise BrokerError(ErrorCode.UNSUPPORTED_SCHEMA, f"payload.{error}") from error


def _parse(body: bytes, read: Callable[[Any], Registration]) -> Registration:
    try:
        return read(parse_json(body))
    except NotCanonical as error:
        raise BrokerError(ErrorCode.INVALID_REGISTRATION, "the body is no JSON that this protocol takes") from error
    except Malformed as error:
        raise BrokerError(ErrorCode.INVALID_REGISTRATION, str(error)) from error


async def _enter(broker: Broker, registration: Registration, *, verified: bool) -> Entry:
    expires_at = now_ms() + registration.ttl_ms
    try:
        return await broker.registry.register(registration.did, registration.offer, verified=verified, expires_at=expires_at)
    except Malformed as error:
        raise BrokerError(ErrorCode.INVALID_REGISTRATION, str(error)) from error


def _offer(envelope: Envelope) -> Offer:
    payload = envelope.payload or {}
    named = payload.get("did")
    if named is not None and named != envelope.from_did:
        raise BrokerError(ErrorCode.UNAUTHORIZED, "payload.did: an agent advertises itself and nobody else")
    try:
        return parse_offer(payload)
    except Malformed as error:
        code = ErrorCode.INVALID_ENVELOPE if error.nul else ErrorCode.UNSUPPORTED_SCHEMA
        raise BrokerError(code, f"payload.{error}") from error


def _receipt(entry: Entry) -> dict[str, Any]:
    return {"did": entry.did, "capabilities": entry.capabilities, "verified": entry.verified, "expires_at": entry.expires_at}
