"""HTTP in and out: each operation of a surface as one short function over the services. No decision is made here.

`operation` is what they have in common: how a refusal becomes an answer, what headers every answer carries, what is written down.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from ainp_harness.wire import cbor_envelope
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker.audit import Event, audit
from reference_broker.broker import Broker
from reference_broker.errors import BrokerError, json_response
from reference_broker.incoming import prefers_cbor

Handler = Callable[[Request, Broker], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

_log = structlog.stdlib.get_logger("routes")

EVENT_OF = {
    ErrorCode.INVALID_SIGNATURE: Event.BAD_SIGNATURE,
    ErrorCode.DUPLICATE_INTENT: Event.REPLAY,
    ErrorCode.RATE_LIMIT_EXCEEDED: Event.LIMIT_REACHED,
    ErrorCode.UNAUTHORIZED: Event.NOT_THE_OWNER,
}


def operation(handler: Handler, shape: Callable[[BrokerError], dict[str, Any]] = BrokerError.body) -> Endpoint:
    """An operation as an endpoint: what it raises is answered as an error in the shape of its surface, and the state of its limit stands
    on every answer."""

    async def endpoint(request: Request) -> Response:
        broker = broker_of(request)
        began = time.perf_counter()
        try:
            response = await handler(request, broker)
        except (BrokerError, WireError) as error:
            response = refusal(request, broker, error).response(shape)
        response.headers.update(limit_headers(request))
        if _log.isEnabledFor(logging.DEBUG):
            took_ms = round((time.perf_counter() - began) * 1000, 2)
            _log.debug("request", method=request.method, path=request.url.path, status=response.status_code, took_ms=took_ms)
        return response

    return endpoint


def refusal(connection: HTTPConnection, broker: Broker, error: BrokerError | WireError) -> BrokerError:
    """The refusal as it is told, and its line in the audit log if it is of that kind."""
    told = error if isinstance(error, BrokerError) else BrokerError.from_wire(error)
    told.intent_id = getattr(connection.state, "intent_id", None)
    if (event := EVENT_OF.get(told.code)) is not None:
        did = getattr(connection.state, "did", None)
        audit(event, address=broker.admission.address(connection), did=did, path=connection.url.path, code=str(told.code))
    return told


def negotiated(request: Request, broker: Broker, value: dict[str, Any], headers: dict[str, str]) -> Response:
    """An answer in the encoding that Accept asks for; without a wish it is JSON."""
    if broker.settings.ainp_cbor and prefers_cbor(request.headers.get("accept")):
        return Response(cbor_envelope.to_cbor(value), 200, headers, cbor_envelope.MEDIA_TYPE)
    return json_response(value, headers=headers)


def limit_headers(connection: HTTPConnection) -> dict[str, str]:
    counted = getattr(connection.state, "counted", None)
    return counted.headers if counted is not None else {}


def broker_of(connection: HTTPConnection) -> Broker:
    broker: Broker = connection.app.state.broker
    return broker
