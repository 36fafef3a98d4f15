"""Finding agents: by a text without a proof, and by a signed DISCOVER, which is answered by a signed DISCOVER_RESULT."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.messages import DISCOVER_RESULT_SCHEMA
from reference_broker.broker import Broker
from reference_broker.discovery import Match
from reference_broker.errors import json_response
from reference_broker.queries import invalid, parse_text_query
from reference_broker.routes import negotiated
from reference_broker.schemas import check_schema

DISCOVER_LIMIT = 10


async def discover_text(request: Request, broker: Broker) -> Response:
    """The best agents for a text, best first."""
    await broker.admission.anybody(request)
    asked = parse_text_query(request.query_params)
    found = await broker.discovery.find(asked.query, limit=asked.limit, min_similarity=asked.min_similarity)
    results = [
        {"did": match.did, "capability": match.capability, "tags": match.tags, "similarity": match.similarity, "trust": match.trust}
        for match in found.matches
    ]
    return json_response({"results": results}, headers=found.headers)


async def discover(request: Request, broker: Broker) -> Response:
    """The agents that match a signed query; none is an answer too."""
    envelope = await broker.admission.envelope(request, MsgType.DISCOVER)
    async with broker.ledger.claim(broker.admission.claim_of(envelope)):
        check_schema(envelope)
        if envelope.to_query is None:
            raise invalid("to_query", "missing: it is what a DISCOVER asks")
        found = await broker.discovery.find(envelope.to_query, limit=DISCOVER_LIMIT, min_similarity=broker.settings.min_similarity)
    answer = broker.identity.answer(
        MsgType.DISCOVER_RESULT,
        schema=DISCOVER_RESULT_SCHEMA,
        to_did=envelope.from_did,
        trace_id=envelope.trace_id,
        payload={"matches": [_match(match) for match in found.matches]},
    )
    return negotiated(request, broker, answer, found.headers)


def _match(match: Match) -> dict[str, Any]:
    told = {"did": match.did, "score": match.similarity, "trust": {"score": match.trust}, "estLatencyMs": match.latency_ms}
    return told if match.price is None else {**told, "priceHint": match.price}
