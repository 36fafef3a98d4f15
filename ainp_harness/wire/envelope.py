"""The envelope of every AINP message: its members, their types and bounds, checked once at the edge.

`parse_envelope` turns a JSON value into a typed Envelope or says which member is wrong. It looks at neither clock nor signature:
those need the time and a key, and come after it (docs/refusals.md, tells the order).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ainp_harness.wire.did import check_did
from ainp_harness.wire.errors import ErrorCode, WireError

VERSION = "0.1.0"

SKEW_MS = 60_000
"""How far a timestamp may be off (draft-00, replay protection), and how long after timestamp + ttl a message still counts."""

MAX_TTL_MS = 7 * 24 * 3_600_000 - SKEW_MS
"""The stream keeps 7 days; a message lives until timestamp + ttl + 60 s (docs/surface-v1.md)."""

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x1f]+")


class MsgType(StrEnum):
    """Message types (draft-00, message types)."""

    ADVERTISE = "ADVERTISE"
    DISCOVER = "DISCOVER"
    DISCOVER_RESULT = "DISCOVER_RESULT"
    NEGOTIATE = "NEGOTIATE"
    INTENT = "INTENT"
    RESULT = "RESULT"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Qos:
    """Quality of service: four weights in 0..1 and a bid in credits (draft-00, quality of service)."""

    urgency: float
    importance: float
    novelty: float
    ethical_weight: float
    bid: float = 0.0

    def priority(self, bid_scale: float = 10.0) -> float:
        """0.3 urgency + 0.3 importance + 0.2 novelty + 0.2 ethicalWeight, plus 0.5 tanh(bid / bid_scale)."""
        weighted = 0.3 * self.urgency + 0.3 * self.importance + 0.2 * self.novelty + 0.2 * self.ethical_weight
        return weighted + 0.5 * math.tanh(self.bid / bid_scale)


@dataclass(frozen=True)
class CapabilityQuery:
    """A question by meaning: the `to_query` of a DISCOVER or of an INTENT. With both embedding and description the embedding decides."""

    description: str
    embedding: str | None = None
    tags: tuple[str, ...] = ()
    min_trust: float | None = None
    max_latency_ms: float | None = None
    max_cost: float | None = None


@dataclass(frozen=True)
class Envelope:
    """A well-formed envelope. `raw` is the JSON value as it came, which is what is signed, stored and delivered."""

    raw: dict[str, Any]
    msg_type: MsgType
    id: str
    """The UUID in lower case: ids are compared so."""
    timestamp_ms: float
    ttl_ms: float
    trace_id: str
    from_did: str
    to_did: str | None
    to_query: CapabilityQuery | None
    schema: str
    qos: Qos
    payload: dict[str, Any] | None

    @property
    def expires_ms(self) -> float:
        """timestamp + ttl: what the sender asked for, in Unix milliseconds."""
        return self.timestamp_ms + self.ttl_ms

    @property
    def deadline_ms(self) -> float:
        """timestamp + ttl + 60 s: until then it is accepted, kept, delivered and remembered (docs/surface-v1.md)."""
        return self.expires_ms + SKEW_MS


def parse_envelope(value: Any) -> Envelope:
    """Check every member of an envelope, in the order of v1.refusals, and give it typed.

    Raises:
        WireError: INVALID_ENVELOPE with the member at fault, UNSUPPORTED_VERSION, or INVALID_DID.
    """
    if not isinstance(value, dict):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "a message is a JSON object")
    msg_type = _msg_type(value)
    envelope = Envelope(
        raw=value,
        msg_type=msg_type,
        id=_id(value),
        timestamp_ms=_number(value, "timestamp"),
        ttl_ms=_ttl(value),
        trace_id=_text(value, "trace_id"),
        from_did=_text(value, "from_did"),
        to_did=_text(value, "to_did") if "to_did" in value else None,
        to_query=parse_query(value["to_query"]) if "to_query" in value else None,
        schema=_schema(value),
        qos=_qos(value.get("qos")),
        payload=_payload(value),
    )
    _optional_members(value)
    _addressee(envelope)
    version = value.get("version")
    if not isinstance(version, str):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "missing, or no string", "version")
    if version != VERSION:
        raise WireError(ErrorCode.UNSUPPORTED_VERSION, f"this broker speaks {VERSION}", "version")
    check_did(envelope.from_did)
    if envelope.to_did is not None:
        check_did(envelope.to_did)
    return envelope


def parse_query(value: Any, member: str = "to_query") -> CapabilityQuery:
    """A capability query, typed.

    Raises:
        WireError: INVALID_ENVELOPE with the member at fault.
    """
    if not isinstance(value, dict):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not an object", member)
    tags = value.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag and "\x00" not in tag for tag in tags):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not a list of texts", f"{member}.tags")
    embedding = value.get("embedding")
    if embedding is not None and not isinstance(embedding, str):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not bare base64", f"{member}.embedding")
    return CapabilityQuery(
        description=_text(value, "description", within=member),
        embedding=embedding,
        tags=tuple(tags),
        min_trust=_bounded(value, "min_trust", 0, 1, within=member),
        max_latency_ms=_bounded(value, "max_latency_ms", 0, math.inf, within=member),
        max_cost=_bounded(value, "max_cost", 0, math.inf, within=member),
    )


def _msg_type(value: Mapping[str, Any]) -> MsgType:
    try:
        return MsgType(value.get("msg_type"))  # type: ignore[arg-type]  # anything that is no member raises
    except ValueError as error:
        raise WireError(ErrorCode.INVALID_ENVELOPE, f"missing, or not one of {', '.join(MsgType)}", "msg_type") from error


def is_uuid4(text: str) -> bool:
    """Whether a text is a UUID version 4, in either case."""
    return _UUID4.fullmatch(text) is not None


def _id(value: Mapping[str, Any]) -> str:
    identifier = value.get("id")
    if not isinstance(identifier, str) or not is_uuid4(identifier):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "missing, or not a UUID version 4", "id")
    return identifier.lower()


def _text(value: Mapping[str, Any], name: str, within: str | None = None) -> str:
    text = value.get(name)
    member = f"{within}.{name}" if within else name
    if not isinstance(text, str) or not text:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "missing, empty, or no string", member)
    if "\x00" in text:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "holds a NUL character", member)
    return text


def _number(value: Mapping[str, Any], name: str) -> float:
    number = value.get(name)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "missing, or no number of milliseconds", name)
    return number


def _ttl(value: Mapping[str, Any]) -> float:
    ttl = _number(value, "ttl")
    if ttl <= 0:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not positive", "ttl")
    if ttl > MAX_TTL_MS:
        raise WireError(ErrorCode.INVALID_ENVELOPE, f"over {MAX_TTL_MS} ms, which is 7 days less 60 s", "ttl")
    return ttl


def _schema(value: Mapping[str, Any]) -> str:
    schema = _text(value, "schema")
    if not _URI.fullmatch(schema):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not a URI", "schema")
    return schema


def _bounded(value: Mapping[str, Any], name: str, low: float, high: float, within: str) -> float | None:
    number = value.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
        raise WireError(
            ErrorCode.INVALID_ENVELOPE,
            f"no number of at least {low}" + (f" and at most {high}" if high < math.inf else ""),
            f"{within}.{name}",
        )
    return number


def _qos(value: Any) -> Qos:
    if not isinstance(value, dict):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "missing, or no object", "qos")
    weights = [_bounded(value, name, 0, 1, within="qos") for name in ("urgency", "importance", "novelty", "ethicalWeight")]
    for name, weight in zip(("urgency", "importance", "novelty", "ethicalWeight"), weights, strict=True):
        if weight is None:
            raise WireError(ErrorCode.INVALID_ENVELOPE, "missing", f"qos.{name}")
    urgency, importance, novelty, ethical = (weight or 0.0 for weight in weights)
    return Qos(urgency, importance, novelty, ethical, _bounded(value, "bid", 0, math.inf, within="qos") or 0.0)


def _payload(value: Mapping[str, Any]) -> dict[str, Any] | None:
    payload = value.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not an object", "payload")
    return payload


def _optional_members(value: Mapping[str, Any]) -> None:
    if "capabilities_ref" in value and not (isinstance(value["capabilities_ref"], str) and _URI.fullmatch(value["capabilities_ref"])):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not a URI", "capabilities_ref")
    if "attestations" in value and not isinstance(value["attestations"], list):
        raise WireError(ErrorCode.INVALID_ENVELOPE, "not a list", "attestations")


def _addressee(envelope: Envelope) -> None:
    """to_did or to_query for an INTENT; never both, in any message (protocol.md, Envelope; the second is this house's)."""
    if envelope.to_did is not None and envelope.to_query is not None:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "a message names to_did or to_query, not both", "to_query")
    if envelope.msg_type is MsgType.INTENT and envelope.to_did is None and envelope.to_query is None:
        raise WireError(ErrorCode.INVALID_ENVELOPE, "an INTENT names to_did or to_query", "to_did")
