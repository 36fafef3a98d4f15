"""Which schemas the broker knows, and whether a payload fits. What an intent holds stands in `ainp_harness/wire/schemas/`."""

from __future__ import annotations

from typing import Any

from ainp_harness.wire import schemas
from ainp_harness.wire.envelope import Envelope, MsgType
from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.messages import ADVERTISE_SCHEMA, DISCOVER_SCHEMA, NEGOTIATE_SCHEMA, RESULT_SCHEMA
from reference_broker.errors import BrokerError

KNOWN: dict[MsgType, frozenset[str]] = {
    MsgType.RESULT: frozenset({RESULT_SCHEMA}),
    MsgType.ADVERTISE: frozenset({ADVERTISE_SCHEMA}),
    MsgType.DISCOVER: frozenset({DISCOVER_SCHEMA}),
    MsgType.NEGOTIATE: frozenset({NEGOTIATE_SCHEMA}),
}
RESULT_STATUSES = ("success", "partial", "failed")


def check_schema(envelope: Envelope) -> None:
    """The schema is one of those of this type of message, which is not INTENT.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA.
    """
    if envelope.schema not in KNOWN.get(envelope.msg_type, frozenset()):
        raise _unsupported(f"schema: not one that this broker knows for {envelope.msg_type}")


def check_intent(envelope: Envelope, *, custom: bool) -> None:
    """An intent's schema is one that is known, or may be anybody's own where custom intents are taken; its payload fits it.

    Raises:
        BrokerError: UNSUPPORTED_SCHEMA, the member named.
    """
    try:
        if envelope.schema in schemas.FILES:
            schemas.check_intent(envelope.schema, envelope.payload)
        elif custom:
            schemas.check_custom_intent(envelope.payload)
        else:
            raise _unsupported("schema: not one that this broker knows for INTENT")
    except WireError as error:
        raise BrokerError.from_wire(error) from error


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


def result_status(payload: dict[str, Any] | None) -> str:
    """success, partial or failed, of a RESULT that `answered_intent` has passed."""
    return str((payload or {}).get("status"))


def no_queue(envelope: Envelope) -> bool:
    """Whether the message is worth nothing to a recipient that is not there now (protocol.md, Queue for absent agents)."""
    metadata = (envelope.payload or {}).get("metadata")
    wished = isinstance(metadata, dict) and metadata.get("no_queue") is True
    return wished or (envelope.ttl_ms < 5_000 and envelope.qos.urgency > 0.8)


def _unsupported(message: str) -> BrokerError:
    return BrokerError(ErrorCode.UNSUPPORTED_SCHEMA, message)
