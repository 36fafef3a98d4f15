"""Which schemas the broker knows, and what every payload of them has. What each intent holds within `semantics` is not checked yet.

Attachments go by URL: a note that carries the bytes themselves is refused here.
"""

from __future__ import annotations

from typing import Any

from ainp_harness.wire.embedding import parse_embedding
from ainp_harness.wire.envelope import Envelope, MsgType
from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.messages import ADVERTISE_SCHEMA, DISCOVER_SCHEMA, RESULT_SCHEMA, SCHEMA_BASE
from reference_broker.errors import BrokerError

INTENTS = ("request-meeting", "approval-request", "submit-info", "invoice", "freeform-note", "request-service")
MESSAGE_SCHEMA = "https://schema.ainp.dev/message/v1"
KNOWN: dict[MsgType, frozenset[str]] = {
    MsgType.INTENT: frozenset({*(f"{SCHEMA_BASE}intents/{name}/v1" for name in INTENTS), MESSAGE_SCHEMA}),
    MsgType.RESULT: frozenset({RESULT_SCHEMA}),
    MsgType.ADVERTISE: frozenset({ADVERTISE_SCHEMA}),
    MsgType.DISCOVER: frozenset({DISCOVER_SCHEMA}),
}
RESULT_STATUSES = ("success", "partial", "failed")


def check_schema(envelope: Envelope) -> None:
    """The schema is one of those of this type of message.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA.
    """
    if envelope.schema not in KNOWN.get(envelope.msg_type, frozenset()):
        raise _unsupported(f"schema: not one that this broker knows for {envelope.msg_type}")


def check_intent_payload(payload: dict[str, Any] | None) -> None:
    """An intent's payload has the six members that all of them share, of the right types.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA.
    """
    if payload is None:
        raise _unsupported("payload: missing")
    for member, kind in (("@context", str), ("@type", str), ("version", str), ("embedding", dict), ("budget", dict), ("semantics", dict)):
        value = payload.get(member)
        if not isinstance(value, kind) or not value:
            raise _unsupported(f"payload.{member}: missing, empty or of the wrong type")
    try:
        parse_embedding(payload["embedding"], "payload.embedding")
    except WireError as error:
        raise _unsupported(str(error)) from error
    check_attachments(payload["semantics"].get("attachments"))


def check_attachments(attachments: Any) -> None:
    """Attachments are referred to, not inlined.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA.
    """
    if attachments is None:
        return
    if not isinstance(attachments, list) or not all(isinstance(item, dict) for item in attachments):
        raise _unsupported("payload.semantics.attachments: not a list of objects")
    for item in attachments:
        inlined = {"data", "content", "bytes"} & item.keys()
        if inlined or str(item.get("url", "")).lstrip().lower().startswith("data:"):
            raise _unsupported("payload.semantics.attachments: an attachment goes by URL, not inlined")


def answered_intent(payload: dict[str, Any] | None) -> str:
    """The id of the intent that a RESULT answers, in lower case.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA, for a payload that is no RESULT's.
    """
    payload = payload or {}
    intent_id = payload.get("intent_id")
    if not isinstance(intent_id, str) or not intent_id or "\x00" in intent_id:
        raise _unsupported("payload.intent_id: missing, or no id")
    if payload.get("status") not in RESULT_STATUSES:
        raise _unsupported(f"payload.status: not one of {', '.join(RESULT_STATUSES)}")
    return intent_id.lower()


def no_queue(envelope: Envelope) -> bool:
    """Whether the message is worth nothing to a recipient that is not there now (protocol.md, Queue for absent agents)."""
    metadata = (envelope.payload or {}).get("metadata")
    wished = isinstance(metadata, dict) and metadata.get("no_queue") is True
    return wished or (envelope.ttl_ms < 5_000 and envelope.qos.urgency > 0.8)


def _unsupported(message: str) -> BrokerError:
    return BrokerError(ErrorCode.UNSUPPORTED_SCHEMA, message)
