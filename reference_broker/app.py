"""The application: paths to operations, and JSON for what no operation answers (unknown paths, wrong methods, our own faults)."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from ainp_harness.wire.errors import ErrorCode
from ainp_harness.wire.proof import DID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from reference_broker.broker import Broker
from reference_broker.errors import BrokerError, not_found
from reference_broker.front import Endpoint, FrontDoor
from reference_broker.routes import (
    accounts,
    agents,
    discovery,
    health,
    inbox,
    intents,
    negotiations,
    operation,
    servesys,
    servesys_negotiations,
    websocket,
)
from reference_broker.servesys import any_error_body, error_body

ROUTES: tuple[tuple[str, str, Callable[..., object]], ...] = (
    ("GET", "/health", health.health),
    ("GET", "/health/ready", health.ready),
    ("GET", "/api/v1", health.capabilities),
    ("POST", "/api/v1/agents", agents.register),
    ("GET", "/api/v1/agents/{did}", agents.get_agent),
    ("DELETE", "/api/v1/agents/{did}", agents.unregister),
    ("GET", "/api/v1/agents/{did}/credits", accounts.get_account),
    ("GET", "/api/v1/discovery", discovery.discover_text),
    ("POST", "/api/v1/discovery", discovery.discover),
    ("POST", "/api/v1/advertise", agents.advertise),
    ("POST", "/api/v1/intents", intents.send_intent),
    ("GET", "/api/v1/intents/{intent_id}", intents.intent_status),
    ("DELETE", "/api/v1/intents/{intent_id}", intents.cancel_intent),
    ("POST", "/api/v1/negotiations", negotiations.negotiate),
    ("GET", "/api/v1/negotiations/{negotiation_id:path}", negotiations.get_negotiation),
    ("GET", "/api/v1/inbox/{did}", inbox.poll),
    ("POST", "/api/v1/inbox/{did}/confirm", inbox.confirm),
)
"""Plain Starlette routes: bodies are checked by `admission.py` in an order that the protocol gives, not by a model of the framework."""

SERVESYS_ROUTES: tuple[tuple[str, str, Callable[..., object]], ...] = (
    ("POST", "/api/agents/register", servesys.register),
    ("GET", "/api/agents/{did}", agents.get_agent),
    ("POST", "/api/discovery/search", servesys.search),
    ("POST", "/api/discovery/envelope", servesys.discovery_envelope),
    ("POST", "/api/intents/send", servesys.send_intent),
    ("GET", "/api/mail/inbox", servesys.inbox),
    ("POST", "/api/mail/read", servesys.mark_read),
    ("POST", "/api/mail/confirm", servesys.confirm),
    ("POST", "/api/negotiations", servesys_negotiations.create),
    ("GET", "/api/negotiations", servesys_negotiations.list_negotiations),
    ("GET", "/api/negotiations/{negotiation_id}", servesys_negotiations.get_negotiation),
    ("POST", "/api/negotiations/{negotiation_id}/propose", servesys_negotiations.propose),
    ("POST", "/api/negotiations/{negotiation_id}/accept", servesys_negotiations.accept),
    ("POST", "/api/negotiations/{negotiation_id}/reject", servesys_negotiations.reject),
    ("POST", "/api/negotiations/{negotiation_id}/settle", servesys_negotiations.settle),
)
"""The second surface, over the same services (docs/surface-servesys.md)."""

EXPOSED = ("X-AINP-Instance", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Degraded", "Retry-After", "Server-Timing")


def create_app(broker: Broker) -> FastAPI:
    """The ASGI application over a started broker."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, routes=routes())
    app.state.broker = broker
    app.state.every_answer = every_answer(broker.instance)
    app.add_exception_handler(HTTPException, _no_operation)
    app.add_exception_handler(Exception, _our_fault)
    if broker.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=broker.settings.cors_origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("Content-Type", DID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER),
            expose_headers=EXPOSED,
        )
    return app


def front_door(app: FastAPI) -> FrontDoor:
    """The application as it is served: fixed paths have a way of their own."""
    direct = {(method, path): endpoint for method, path, endpoint in _endpoints() if "{" not in path}
    return FrontDoor(app, direct, _broker_failed)


def routes() -> list[BaseRoute]:
    """One route a path: methods of the same path share it, so that any other method is 405 and names those."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for method, path, endpoint in _endpoints():
        paths.setdefault(path, {})[method] = endpoint
    return [
        *(Route(path, _by_method(handlers), methods=list(handlers)) for path, handlers in paths.items()),
        WebSocketRoute("/api/v1/ws", websocket.connect),
        WebSocketRoute("/", servesys.connect),
    ]


def _endpoints() -> list[tuple[str, str, Endpoint]]:
    """The operations of both surfaces, each refusing in the shape of its own."""
    first = [(method, path, operation(handler)) for method, path, handler in ROUTES]  # type: ignore[arg-type]
    second = [(method, path, operation(handler, error_body)) for method, path, handler in SERVESYS_ROUTES]  # type: ignore[arg-type]
    return [*first, *second]


def every_answer(instance: str) -> dict[str, str]:
    """Headers that the server puts on every answer (docs/surface-v1.md)."""
    return {"X-AINP-Instance": instance, "X-Content-Type-Options": "nosniff"}


def _by_method(handlers: dict[str, Endpoint]) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> object:
        return await handlers[request.method if request.method in handlers else "GET"](request)  # HEAD is GET

    return endpoint


async def _no_operation(request: Request, error: Exception) -> Response:
    shape = any_error_body if _of_no_surface(request.url.path) else BrokerError.body
    status = error.status_code if isinstance(error, HTTPException) else 400
    if status == 404:
        return not_found("this path").response(shape)
    if status == 405:
        headers = dict(getattr(error, "headers", None) or {})
        return BrokerError(ErrorCode.METHOD_NOT_ALLOWED, "not a method of this path", headers=headers).response(shape)
    return BrokerError(ErrorCode.INVALID_ENVELOPE, "not a request that this broker takes", status=status).response(shape)


def _of_no_surface(path: str) -> bool:
    """Whether [v1] does not begin so: then a client of either surface may be asking."""
    return path != "/api/v1" and not path.startswith("/api/v1/")


async def _our_fault(_request: Request, _error: Exception) -> Response:
    """What went wrong is in the log, by the server; the client learns nothing of our insides."""
    return _broker_failed()


def _broker_failed() -> Response:
    return BrokerError(ErrorCode.INTERNAL_ERROR, "the broker failed").response(any_error_body)
