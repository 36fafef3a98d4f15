"""The shapes of the surface servesys (docs/surface-servesys.md), to and from those of the services. Pure: no I/O, and nothing decided.

What both surfaces mean alike, they share: a registration, a query and a refusal are the same things here under other names.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from ainp_harness.wire.canonical import NotCanonical, parse_json
from ainp_harness.wire.embedding import decode_f32
from ainp_harness.wire.envelope import CapabilityQuery, Envelope, MsgType, parse_query
from ainp_harness.wire.errors import ErrorCode, WireError
from reference_broker.discovery import Match
from reference_broker.errors import BrokerError
from reference_broker.queries import MAX_IDS, MAX_QUERY, MAX_TAGS, invalid
from reference_broker.registration import MAX_TTL_MS, Malformed, Registration, parse_registration
from reference_broker.registry import Entry
from reference_broker.routing import Receipt

MESSAGE = "MESSAGE"
PREVIEW = 100
MINUTE_MS = 60_000

# -- what comes in


def parse_servesys_registration(body: Any) -> Registration:
    """{address: {did, capabilities, credentials?}, ttl}; there is no public key in it, and ttl is required.

    Raises:
        Malformed, WireError: as parse_registration.
    """
    address = body.get("address") if isinstance(body, dict) else None
    if not isinstance(address, dict):
        raise Malformed("address", "missing, or not an object")
    if "ttl" not in body:
        raise Malformed("ttl", "missing: a number of milliseconds")
    return parse_registration({**_plain(address), "did": address.get("did"), "ttl_ms": body["ttl"]})


def plain_advertisement(payload: dict[str, Any] | None) -> dict[str, Any]:
    """The payload {address, ttl_minutes} of an ADVERTISE as that of [v1]; one that is so already stays.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA.
    """
    payload = payload or {}
    address = payload.get("address")
    if address is None:
        return payload
    try:
        if not isinstance(address, dict):
            raise Malformed("address", "not an object")
        named = {name: holder["did"] for name, holder in (("did", address), ("did", payload)) if "did" in holder}
        return {**_plain(address), **named}
    except Malformed as error:
        raise BrokerError(ErrorCode.UNSUPPORTED_SCHEMA, f"payload.{error}") from error


def advertised_ms(payload: dict[str, Any] | None) -> int | None:
    """How long an ADVERTISE of this surface lasts, in milliseconds, bounded at the broker's most; None where it does not say.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA.
    """
    minutes = (payload or {}).get("ttl_minutes")
    if minutes is None:
        return None
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes <= 0:
        raise BrokerError(ErrorCode.UNSUPPORTED_SCHEMA, "payload.ttl_minutes: not a number over 0")
    return int(min(minutes * MINUTE_MS, MAX_TTL_MS))


def parse_search(body: bytes) -> CapabilityQuery:
    """The body of a search: {description, embedding?, tags?, min_trust?}.

    Raises:
        BrokerError: INVALID_QUERY with the member at fault.
    """
    query = parse_agents_query(_json(body), "body")
    if len(query.description) > MAX_QUERY or not query.description.strip() or len(query.tags) > MAX_TAGS:
        raise invalid("body", f"a description of 1 to {MAX_QUERY} characters and at most {MAX_TAGS} tags")
    return query


def asked_query(envelope: Envelope) -> CapabilityQuery:
    """What a DISCOVER asks: its to_query, or payload.query.

    Raises:
        BrokerError: INVALID_QUERY.
    """
    if envelope.to_query is not None:
        return envelope.to_query
    query = (envelope.payload or {}).get("query")
    if query is None:
        raise invalid("to_query", "missing: it is what a DISCOVER asks")
    return parse_agents_query(query, "payload.query")


def parse_agents_query(value: Any, member: str) -> CapabilityQuery:
    """A capability query, whose fault is one of the query and not of an envelope.

    Raises:
        BrokerError: INVALID_QUERY.
    """
    try:
        return parse_query(value, member)
    except WireError as error:
        raise BrokerError(ErrorCode.INVALID_QUERY, str(error)) from error


def parse_message_ids(body: bytes) -> list[str]:
    """The body of confirm: {message_ids: [text]}.

    Raises:
        BrokerError: INVALID_QUERY.
    """
    value = _json(body)
    ids = value.get("message_ids") if isinstance(value, dict) else None
    if not isinstance(ids, list) or len(ids) > MAX_IDS or not all(isinstance(item, str) for item in ids):
        raise invalid("message_ids", f"missing, or not a list of at most {MAX_IDS} texts")
    return ids


def parse_message_id(body: bytes) -> str:
    """The body of mark_read: {message_id: text}.

    Raises:
        BrokerError: INVALID_QUERY.
    """
    value = _json(body)
    identifier = value.get("message_id") if isinstance(value, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise invalid("message_id", "missing, or no text")
    return identifier


def _json(body: bytes) -> Any:
    try:
        return parse_json(body)
    except NotCanonical as error:
        raise invalid("body", "no JSON that this protocol takes") from error


def _plain(address: dict[str, Any]) -> dict[str, Any]:
    """Capabilities and credentials of an address, embeddings as objects: here they are bare base64."""
    capabilities = address.get("capabilities")
    if isinstance(capabilities, list):
        capabilities = [_with_object(item, f"capabilities[{n}]") for n, item in enumerate(capabilities)]
    plain = {"capabilities": capabilities, "credentials": address.get("credentials")}
    return {name: value for name, value in plain.items() if value is not None}


def _with_object(capability: Any, member: str) -> Any:
    bare = capability.get("embedding") if isinstance(capability, dict) else None
    if not isinstance(bare, str):
        return capability
    try:
        dim = len(decode_f32(bare, "embedding"))
    except WireError as error:
        raise Malformed(member, str(error)) from error
    return {**capability, "embedding": {"b64": bare, "dim": dim, "dtype": "f32"}}


# -- what goes out


def error_body(error: BrokerError) -> dict[str, Any]:
    """{error: CODE, message, retry_after_ms?}."""
    body = {"error": str(error.code), "message": error.message, "retry_after_ms": error.retry_after_ms}
    return {name: value for name, value in body.items() if value is not None}


def any_error_body(error: BrokerError) -> dict[str, Any]:
    """The body for a path of neither surface: a client of either finds the code where it looks for it."""
    return {**error.body(), **error_body(error)}


def registered(entry: Entry) -> dict[str, Any]:
    """The answer to a registration. No operation of this surface pays, so it tells no account."""
    message = "Agent registered" if entry.is_new else "Agent replaced"
    return {"message": message, "agent": {"did": entry.did, "expires_at": entry.expires_at}, "credits": None}


def found_address(match: Match) -> dict[str, Any]:
    """An agent that was found: its address, as far as it is what matched."""
    return {
        "did": match.did,
        "capabilities": [{"description": match.capability, "tags": list(match.tags)}],
        "trust": {"score": match.trust},
        "similarity": match.similarity,
        "estLatencyMs": match.latency_ms,
    }


def routed(receipt: Receipt) -> dict[str, Any]:
    """The answer to a message that was taken. That it waits for the absent is said beside."""
    names = {"error_code": "error", "error_message": "message"}
    told = {names.get(name, name): value for name, value in receipt.body().items() if name != "recipients"}
    return {**told, "status": "routed", "agent_count": len(receipt.recipients)}


def listed_row(message_id: str, envelope: dict[str, Any], *, owner: str, received_at: int, read_at: int | None) -> dict[str, Any]:
    """A waiting message as a row of the inbox."""
    semantics = _semantics(envelope)
    text = text_of(envelope)
    return {
        "id": message_id,
        "envelope_id": envelope["id"],
        "conversation_id": semantics.get("conversation_id"),
        "from_did": envelope["from_did"],
        "to_dids": semantics.get("participants") or [envelope.get("to_did") or owner],
        "subject": semantics.get("subject"),
        "body_text": text,
        "body_mime": semantics.get("content_type", "text/plain") if _is_message(envelope) else "application/json",
        "body_hash": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "headers": {},
        "attachments": semantics.get("attachments") or [],
        "labels": ["inbox"],
        "created_at": envelope["timestamp"],
        "received_at": received_at,
        "read_at": read_at,
        "intent_type": MESSAGE if _is_message(envelope) else envelope["msg_type"],
    }


def notification(message_id: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """The frame that says that there is a new message; what it holds is read from the inbox."""
    semantics = _semantics(envelope)
    return {
        "@type": "NOTIFICATION",
        "type": "new_message",
        "message_id": message_id,
        "conversation_id": semantics.get("conversation_id"),
        "from_did": envelope["from_did"],
        "subject": semantics.get("subject"),
        "preview": text_of(envelope)[:PREVIEW],
        "timestamp": envelope["timestamp"],
    }


def text_of(envelope: dict[str, Any]) -> str:
    """What a row shows as the text: a message's content, of every other type the payload as JSON."""
    content = _semantics(envelope).get("content")
    if _is_message(envelope) and isinstance(content, str):
        return content
    return orjson.dumps(envelope.get("payload")).decode()


def is_pushed_whole(envelope: dict[str, Any]) -> bool:
    """Whether the WebSocket sends the envelope itself: results and negotiations, which no listing of messages announces."""
    return envelope["msg_type"] != MsgType.INTENT


def _is_message(envelope: dict[str, Any]) -> bool:
    payload = envelope.get("payload")
    return envelope["msg_type"] == MsgType.INTENT and isinstance(payload, dict) and payload.get("@type") == MESSAGE


def _semantics(envelope: dict[str, Any]) -> dict[str, Any]:
    payload = envelope.get("payload")
    semantics = payload.get("semantics") if isinstance(payload, dict) else None
    return semantics if isinstance(semantics, dict) else {}
