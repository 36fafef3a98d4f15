"""Unsigned messages, each whole and valid: what the harness signs and sends, and what the broker originates.

Builders take ids and times as arguments: nothing here reads a clock or draws randomness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ainp_harness.wire.embedding import embedding_object
from ainp_harness.wire.envelope import VERSION, MsgType

SCHEMA_BASE = "https://ainp.dev/schemas/"
ADVERTISE_SCHEMA = SCHEMA_BASE + "advertise/v1"
DISCOVER_SCHEMA = SCHEMA_BASE + "discover/v1"
DISCOVER_RESULT_SCHEMA = SCHEMA_BASE + "discover-result/v1"
RESULT_SCHEMA = SCHEMA_BASE + "results/v1"
NEGOTIATE_SCHEMA = SCHEMA_BASE + "negotiate/v1"
FREEFORM_NOTE_SCHEMA = SCHEMA_BASE + "intents/freeform-note/v1"
FREEFORM_CONTEXT = "https://ainp.dev/contexts/freeform/v1"

DEFAULT_TTL_MS = 60_000
"""Delivery time-out, the draft's default ttl."""

DEFAULT_QOS: Mapping[str, float] = {"urgency": 0.5, "importance": 0.5, "novelty": 0.5, "ethicalWeight": 0.5, "bid": 0}


@dataclass(frozen=True)
class Stamp:
    """What makes one message different from the next: its id, its trace and its time."""

    id: str
    trace_id: str
    timestamp_ms: int


def envelope(
    msg_type: MsgType,
    stamp: Stamp,
    *,
    from_did: str,
    schema: str,
    to_did: str | None = None,
    to_query: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
    ttl_ms: int = DEFAULT_TTL_MS,
    qos: Mapping[str, float] = DEFAULT_QOS,
) -> dict[str, Any]:
    """An envelope without signature; members without a value are left out."""
    members: dict[str, Any] = {
        "version": VERSION,
        "msg_type": str(msg_type),
        "id": stamp.id,
        "timestamp": stamp.timestamp_ms,
        "ttl": ttl_ms,
        "trace_id": stamp.trace_id,
        "from_did": from_did,
        "to_did": to_did,
        "to_query": dict(to_query) if to_query is not None else None,
        "schema": schema,
        "qos": dict(qos),
        "payload": dict(payload) if payload is not None else None,
    }
    return {name: value for name, value in members.items() if value is not None}


def freeform_note(body: str, embedding: Sequence[float], *, subject: str = "note", timeout_ms: int = DEFAULT_TTL_MS) -> dict[str, Any]:
    """The payload of a freeform-note, all members of its interface (protocol.md, Intents)."""
    return {
        "@context": FREEFORM_CONTEXT,
        "@type": "FreeformNote",
        "version": "1.0.0",
        "embedding": embedding_object(embedding),
        "budget": {"max_credits": 0, "max_rounds": 1, "timeout_ms": timeout_ms},
        "semantics": {"subject": subject, "body": body, "format": "plaintext", "constraints": {"max_latency_ms": 5000}},
    }


def capability(description: str, tags: Sequence[str] = (), version: str = "1.0.0") -> dict[str, Any]:
    """A capability without an embedding: the broker makes one from the description."""
    return {"description": description, "tags": list(tags), "version": version}


def result_payload(intent_id: str, result: Mapping[str, Any], *, processing_time_ms: int = 1, confidence: float = 1.0) -> dict[str, Any]:
    """The payload of a RESULT with status success (protocol.md, Handshake)."""
    return {
        "intent_id": intent_id,
        "status": "success",
        "result": dict(result),
        "metadata": {"processing_time_ms": processing_time_ms, "confidence": confidence},
    }


def negotiate_payload(
    negotiation_id: str,
    phase: str,
    round_number: int,
    *,
    proposal: Mapping[str, Any] | None = None,
    constraints: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The payload of a NEGOTIATE (protocol.md, Negotiation); members without a value are left out."""
    members = {
        "negotiation_id": negotiation_id,
        "round": round_number,
        "phase": phase,
        "proposal": dict(proposal) if proposal is not None else None,
        "constraints": dict(constraints) if constraints is not None else None,
    }
    return {name: value for name, value in members.items() if value is not None}
