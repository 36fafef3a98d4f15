"""Payloads whose shape a surface decides: what an intent holds when its kind is not the question, and what an ADVERTISE holds.

A binding names the shape (`intent_payload`, `advertise_payload`); docs/bindings.md says what each looks like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from ainp_harness.wire.embedding import embedding_object
from ainp_harness.wire.messages import DEFAULT_TTL_MS, FREEFORM_NOTE_SCHEMA, freeform_note

MESSAGE_SCHEMA = "https://schema.ainp.dev/message/v1"
"""The messages of the field: @context and schema are the same URI (docs/surface-servesys.md)."""

ADVERTISED_MINUTES = 3_600_000
"""Brokers differ in the unit of ttl_minutes: in milliseconds it is an hour, and in minutes it is bounded at the broker's most."""


class IntentPayload(StrEnum):
    """What an intent holds when its kind is not the question."""

    FREEFORM_NOTE = "freeform-note"
    MESSAGE = "message"


class AdvertisePayload(StrEnum):
    """What an ADVERTISE holds."""

    CAPABILITIES = "capabilities"
    ADDRESS = "address"


def text_intent(kind: IntentPayload, text: str, embedding: Sequence[float], to_dids: Sequence[str] = ()) -> tuple[str, dict[str, Any]]:
    """Schema and payload of an intent that holds a text."""
    if kind is IntentPayload.FREEFORM_NOTE:
        return FREEFORM_NOTE_SCHEMA, freeform_note(text, embedding)
    payload = {
        "@context": MESSAGE_SCHEMA,
        "@type": "MESSAGE",
        "version": "1.0.0",
        "embedding": embedding_object(embedding),
        "budget": {"max_credits": 0, "max_rounds": 1, "timeout_ms": DEFAULT_TTL_MS},
        "semantics": {"participants": list(to_dids), "content": text, "content_type": "text/plain"},
    }
    return MESSAGE_SCHEMA, payload


def text_member(payload: Mapping[str, Any]) -> str:
    """The member of an intent's semantics that holds its text."""
    return "content" if payload.get("@type") == "MESSAGE" else "body"


def advertised(
    kind: AdvertisePayload, did: str, capabilities: Sequence[Mapping[str, Any]], *, credentials: Sequence[str] = (), names: bool = False
) -> dict[str, Any]:
    """The payload of an ADVERTISE of this DID. `names`: it says the DID also where it need not."""
    told: dict[str, Any] = {"credentials": list(credentials)} if credentials else {}
    if kind is AdvertisePayload.CAPABILITIES:
        return {"capabilities": [dict(capability) for capability in capabilities], **told, **({"did": did} if names else {})}
    address = {"did": did, "capabilities": bare_embeddings([dict(capability) for capability in capabilities]), **told}
    return {"address": address, "ttl_minutes": ADVERTISED_MINUTES}


def bare_embeddings(capabilities: Any) -> Any:
    """The same capabilities with each embedding as its bare base64; what has no such form stays as it is."""
    if not isinstance(capabilities, list):
        return capabilities
    return [_bare(capability) for capability in capabilities]


def _bare(capability: Any) -> Any:
    embedding = capability.get("embedding") if isinstance(capability, Mapping) else None
    if not isinstance(embedding, Mapping) or not isinstance(embedding.get("b64"), str):
        return capability
    return {**capability, "embedding": embedding["b64"]}
