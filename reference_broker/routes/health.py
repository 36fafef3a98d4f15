"""Is it alive, is it ready, what does it declare: the three operations that a deployment asks first."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.envelope import VERSION
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.incoming import MAX_PAYLOAD_BYTES
from reference_broker.limits import BURST
from reference_broker.routing import FAN_OUT
from reference_broker.settings import Settings

PROTOCOL_S = 60
DAY_S = 86_400
FEATURES = ("negotiation", "queue", "queue_control", "websocket")


async def health(_request: Request, _broker: Broker) -> Response:
    """The process lives. It says nothing of the services (ERRATUM-09)."""
    return json_response({"status": "healthy"})


async def ready(_request: Request, broker: Broker) -> Response:
    """Everything that the broker needs answers; a fixed word for each dependency, never what a driver said."""
    is_ready, checks = await broker.readiness.ask()
    return json_response({"status": "ready" if is_ready else "not_ready", "checks": checks}, 200 if is_ready else 503)


async def capabilities(request: Request, broker: Broker) -> Response:
    """What this broker declares of itself."""
    await broker.admission.anybody(request)
    return json_response(declaration(broker.settings, did=broker.identity.did, instance=broker.instance, model=broker.embedding.model))


def declaration(settings: Settings, *, did: str, instance: str, model: str) -> dict[str, Any]:
    declared: dict[str, Any] = {
        "protocol": VERSION,
        "did": did,
        "instance": instance,
        "signature_schemes": [str(scheme) for scheme in settings.signature_schemes],
        "encodings": ["json", "cbor"] if settings.ainp_cbor else ["json"],
        "embedding": {"model": model, "dim": settings.embedding_dim},
        "min_similarity": settings.min_similarity,
        "tags": "all",
        "fan_out": FAN_OUT,
        "priority": {"urgency": 0.3, "importance": 0.3, "novelty": 0.2, "ethicalWeight": 0.2, "bid_scale": 10},
        "limits": {
            "window_s": _number(settings.limit_window_s),
            "per_did": settings.limit_per_did,
            "per_ip": settings.limit_per_ip,
            "payload_bytes": MAX_PAYLOAD_BYTES,
            "queue_per_agent": settings.queue_per_agent,
            **draft_limits(settings),
        },
        "presence_s": _number(settings.presence_s),
        "features": features(settings),
    }
    if settings.ainp_revision is not None:
        declared["revision"] = settings.ainp_revision
    constants = {"skew_s": settings.skew_s, "replay_margin_s": settings.replay_margin_s}
    differing = {name: _number(value) for name, value in constants.items() if value != PROTOCOL_S}
    if settings.trust_day_s != DAY_S:
        differing["trust_day_s"] = _number(settings.trust_day_s)
    if differing:
        declared["constants"] = differing
    return declared


def draft_limits(settings: Settings) -> dict[str, int]:
    """What the draft's limits are beside those of the phases, where they hold."""
    if settings.ainp_limits != "draft-00":
        return {}
    discovery = {} if settings.limit_discovery is None else {"discovery_per_minute": settings.limit_discovery}
    return {"burst_10s": BURST, **discovery}


def features(settings: Settings) -> list[str]:
    """What is always there, and what a setting switches on."""
    switched = {
        "credits": settings.ainp_credits,
        "escrow": settings.ainp_credits,
        "custom_intents": settings.ainp_custom_intents,
        "credentials_required": settings.ainp_credentials_required,
        "cbor": settings.ainp_cbor,
        "lite": settings.ainp_lite,
    }
    return [*FEATURES, *(feature for feature, on in switched.items() if on)]


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else value
