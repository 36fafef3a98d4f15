"""Intents of the six core schemas: one valid payload of each with all its members, and what is wrong with it one member at a time.

Which members are required, and of which type, is read from the schemas (ainp_harness/wire/schemas), so the two never part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ainp_harness.wire import messages
from ainp_harness.wire.embedding import embedding_object
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.schemas import intent_schema, schema_file
from conformance.kit.agents import Agent, Envelope
from conformance.kit.mutations import REMOVED, Mutation, member

SHARED = ("embedding", "budget")
"""Members that every payload has alike: their insides are looked at in one of them."""

Schema = Mapping[str, Any]


def _meeting(me: str, you: str) -> dict[str, Any]:
    return {
        "participants": [me, you],
        "duration_minutes": 30,
        "preferred_times": ["2026-03-02T09:00:00Z", "2026-03-03T14:30:00+01:00"],
        "location": "the small room",
        "agenda": "the harvest",
        "constraints": {"timezone": "Europe/Paris", "max_latency_ms": 5000, "min_notice_hours": 24},
    }


def _approval(me: str, you: str) -> dict[str, Any]:
    return {
        "request_type": "purchase",
        "description": "a new press",
        "amount": 1250.5,
        "currency": "EUR",
        "justification": "the old one leaks",
        "deadline": "2026-03-31T12:00:00Z",
        "approvers": [you],
        "threshold": 1,
        "constraints": {"requires_attestation": False, "max_latency_ms": 5000},
    }


def _info(me: str, you: str) -> dict[str, Any]:
    return {
        "data_type": "reading",
        "payload": {"celsius": 21.5},
        "schema_ref": "https://agents.example/schemas/reading",
        "privacy_level": "public",
        "retention_policy": {"duration_days": 30, "delete_after": "2026-12-31T00:00:00Z"},
        "constraints": {"requires_acknowledgment": True, "max_latency_ms": 5000},
    }


def _invoice(me: str, you: str) -> dict[str, Any]:
    return {
        "invoice_id": "2026-17",
        "from": me,
        "to": you,
        "amount": "120.00",
        "currency": "EUR",
        "line_items": [{"description": "cider", "quantity": 12, "unit_price": "10.00", "total": "120.00"}],
        "due_date": "2026-04-30T00:00:00Z",
        "payment_methods": ["transfer"],
        "constraints": {"requires_escrow": False, "max_latency_ms": 5000},
    }


def _note(me: str, you: str) -> dict[str, Any]:
    return {
        "subject": "the press",
        "body": "It leaks again.",
        "format": "plaintext",
        "attachments": [
            {
                "url": "https://files.example/press.jpg",
                "mime_type": "image/jpeg",
                "size_bytes": 48_000,
                "hash": "sha256:" + hashlib.sha256(b"press.jpg").hexdigest(),
            }
        ],
        "thread_id": "press",
        "in_reply_to": "3c1f4b9e-5d0a-4c7e-9f21-6b8e2f0d7a11",
        "constraints": {"max_latency_ms": 5000},
    }


def _service(me: str, you: str) -> dict[str, Any]:
    return {
        "service_type": "repair",
        "geo": {"lat": 48.85, "lon": 2.35, "radiusKm": 10, "zip": "75001"},
        "time_window": {"earliest": "2026-03-02T08:00:00Z", "latest": "2026-03-02T18:00:00Z"},
        "constraints": {"eco": True, "access_notes": "ring twice", "evidence_required": ["photo"]},
        "details": {"machine": "cider press"},
    }


@dataclass(frozen=True)
class Kind:
    """A core intent: its schema, and what stands in `semantics` of an example that holds every member."""

    name: str
    context: str
    type: str
    semantics: Callable[[str, str], dict[str, Any]]

    def payload(self, me: Agent, you: Agent) -> dict[str, Any]:
        budget: dict[str, Any] = {"max_credits": 1, "max_rounds": 1, "timeout_ms": 60_000}
        if self.name == "request-service":
            budget |= {"max_total": 500, "escrow_required": False}
        return {
            "@context": f"https://ainp.dev/contexts/{self.context}/v1",
            "@type": self.type,
            "version": "1.0.0",
            "embedding": embedding_object(me.vector()),
            "budget": budget,
            "semantics": self.semantics(me.did, you.did),
        }

    def envelope(self, me: Agent, you: Agent, payload: Mapping[str, Any] | None = None) -> Envelope:
        """A signed intent with this payload, or the whole example."""
        found = self.payload(me, you) if payload is None else payload
        envelope = messages.envelope(
            MsgType.INTENT, me.stamp(), from_did=me.did, to_did=you.did, schema=intent_schema(self.name), payload=found
        )
        return me.sign(envelope)

    def bare(self, me: Agent, you: Agent) -> Envelope:
        """The same without the members that are optional."""
        return self.envelope(me, you, _pruned(schema_file(self.name), self.payload(me, you)))

    def without(self, insides: bool = False) -> list[Mutation]:
        """Each required member within the payload removed; the payload's own members are another requirement's."""
        return [member(path, REMOVED, f"without {path}") for path, _ in self._required(insides)]

    def of_wrong_type(self, insides: bool = False) -> list[Mutation]:
        """Each required member within the payload with a value of another type."""
        return [member(path, _another(schema), f"{path} of another type") for path, schema in self._required(insides)]

    def _required(self, insides: bool) -> Iterator[tuple[str, Schema]]:
        for path, schema in _required_members(schema_file(self.name), _EXAMPLES[self.name], ("payload",)):
            if len(path) > 2 and (insides or path[1] not in SHARED):
                yield ".".join(path), schema


KINDS = (
    Kind("request-meeting", "meeting", "RequestMeeting", _meeting),
    Kind("approval-request", "approval", "ApprovalRequest", _approval),
    Kind("submit-info", "submit-info", "SubmitInfo", _info),
    Kind("invoice", "invoice", "Invoice", _invoice),
    Kind("freeform-note", "freeform", "FreeformNote", _note),
    Kind("request-service", "service", "RequestService", _service),
)
NOTE = KINDS[4]


def _resolved(schema: Schema) -> list[Schema]:
    """The schemas that hold together here: behind a reference, and all of an allOf."""
    if "$ref" in schema:
        return _resolved(schema_file("common")["definitions"][str(schema["$ref"]).rpartition("/")[2]])
    return [schema, *(one for part in schema.get("allOf", ()) for one in _resolved(part))]


def _required_members(schema: Schema, example: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Every required member that the example holds, and those within it; of a list its first element is looked into."""
    for one in _resolved(schema):
        if isinstance(example, list) and example and isinstance(one.get("items"), Mapping):
            yield from _required_members(one["items"], example[0], (*path, "0"))
        for name, inner in one.get("properties", {}).items():
            if not isinstance(example, Mapping) or name not in example:
                continue
            if name in one.get("required", ()):
                yield (*path, name), inner
            yield from _required_members(inner, example[name], (*path, name))


def _another(schema: Schema) -> Any:
    """A value that no member of this schema may have, for its type."""
    types = {one.get("type") for one in _resolved(schema)}
    return 7 if types & {"string"} or not types - {None} else "no such thing"


def _pruned(schema: Schema, value: Any) -> Any:
    """The value without its optional members."""
    wanted = _resolved(schema)
    if not isinstance(value, Mapping):
        return value
    required = {name for one in wanted for name in one.get("required", ())}
    inner = {name: part for one in wanted for name, part in one.get("properties", {}).items()}
    return {name: _pruned(inner[name], part) for name, part in value.items() if name in required}


_EXAMPLES: Mapping[str, dict[str, Any]] = {
    kind.name: {"embedding": embedding_object([1.0]), "budget": {"max_credits": 1, "max_rounds": 1, "timeout_ms": 1},
                "semantics": kind.semantics("did:key:me", "did:key:you")}
    for kind in KINDS
}  # fmt: skip
