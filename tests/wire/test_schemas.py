"""Payloads of intents against their schemas: what is valid passes, and every member at fault is named."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from ainp_harness.wire.envelope import parse_envelope
from ainp_harness.wire.errors import ErrorCode, WireError
from ainp_harness.wire.identity import Identity
from ainp_harness.wire.payloads import IntentPayload, text_intent
from ainp_harness.wire.schemas import FILES, INTENTS, check_custom_intent, check_intent, intent_schema, schema_file
from ainp_harness.wire.signing import Scheme
from conformance.kit.agents import Agent
from conformance.kit.intents import KINDS, NOTE, Kind
from conformance.kit.mutations import REMOVED, Mutation, member

ME, YOU = (Agent(Identity.derived("seed", name), "seed", name, Scheme.JCS_SHA256, dim=8) for name in ("me", "you"))

EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
FAULTS = [(kind, change) for kind in KINDS for change in (*kind.without(insides=True), *kind.of_wrong_type(insides=True))]


def fault(change: Mutation, kind: Kind = NOTE) -> WireError:
    with pytest.raises(WireError) as caught:
        check_intent(intent_schema(kind.name), change(kind.envelope(ME, YOU))["payload"])
    assert caught.value.code is ErrorCode.UNSUPPORTED_SCHEMA
    return caught.value


@pytest.mark.parametrize("name", [*FILES.values(), "common", "custom"])
def test_every_file_is_a_schema(name: str) -> None:
    jsonschema_rs.meta.validate(schema_file(name))


def test_there_are_six_core_intents() -> None:
    assert tuple(kind.name for kind in KINDS) == INTENTS
    assert all(schema_file(name)["$id"] == intent_schema(name) for name in INTENTS)


@EACH_KIND
def test_a_valid_payload_passes_with_and_without_optional_members(kind: Kind) -> None:
    for envelope in (kind.envelope(ME, YOU), kind.bare(ME, YOU)):
        check_intent(parse_envelope(envelope).schema, envelope["payload"])


@pytest.mark.parametrize(("kind", "change"), FAULTS, ids=[f"{kind.name} {change}" for kind, change in FAULTS])
def test_each_required_member_is_required_and_named(kind: Kind, change: Mutation) -> None:
    named = str(fault(change, kind)).partition(":")[0].replace("[", ".").replace("]", "")

    assert named in change.name


@pytest.mark.parametrize("name", ["@context", "@type", "version", "embedding", "budget", "semantics"])
@EACH_KIND
def test_what_all_intents_share_is_required(kind: Kind, name: str) -> None:
    assert str(fault(member(f"payload.{name}", REMOVED), kind)) == f"payload.{name}: missing"


@pytest.mark.parametrize("payload", [None, [], "text", 7])
def test_a_payload_is_an_object(payload: Any) -> None:
    with pytest.raises(WireError, match=r"payload: not of type object"):
        check_intent(intent_schema("invoice"), payload)


NOTE_FAULTS: list[tuple[str, Any, str]] = [
    ("payload.@type", "Note", "payload.@type: not 'FreeformNote'"),
    ("payload.semantics.format", "pdf", "payload.semantics.format: not one of plaintext, markdown, html"),
    ("payload.semantics.attachments.0.hash", "sha1:00", "not 'sha256:' and hex, or base64"),
    ("payload.semantics.attachments.0.data", "AAAA", "payload.semantics.attachments[0].data: an attachment goes by URL"),
    ("payload.semantics.attachments.0.content", "AAAA", "an attachment goes by URL"),
    ("payload.semantics.attachments.0.bytes", [1], "an attachment goes by URL"),
    ("payload.semantics.attachments.0.url", " DATA:text/plain,x", "payload.semantics.attachments[0].url: not a URL that refers"),
    ("payload.embedding.dim", 9, "payload.embedding: dim says 9, the bytes hold 8"),
    ("payload.embedding.b64", "AAAA", "3 bytes are no whole number"),
    ("payload.budget.max_credits", -1, "payload.budget.max_credits"),
    ("payload.budget.max_rounds", 1.5, "payload.budget.max_rounds"),
]


@pytest.mark.parametrize(("path", "value", "message"), NOTE_FAULTS)
def test_what_is_wrong_with_a_note_is_said(path: str, value: Any, message: str) -> None:
    assert message in str(fault(member(path, value)))


TIMES = {
    True: ["2026-03-02", "2026-03-02T09:00", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00.123+01:00", "2026-03-02T0900Z"],
    False: ["soon", "02.03.2026", "2026-13-02", "2026-03-02 09:00", "1790000000000", "2026-03-02T09:00:00Z\n"],
}


@pytest.mark.parametrize(("valid", "time"), [(valid, time) for valid, times in TIMES.items() for time in times])
def test_times_are_iso_8601(valid: bool, time: str) -> None:
    kind = next(kind for kind in KINDS if kind.name == "invoice")
    change = member("payload.semantics.due_date", time)
    if valid:
        check_intent(intent_schema("invoice"), change(kind.envelope(ME, YOU))["payload"])
    else:
        assert "not an ISO 8601 time" in str(fault(change, kind))


def test_what_is_unknown_does_no_harm_unless_it_is_an_attachment_inlined() -> None:
    service = next(kind for kind in KINDS if kind.name == "request-service")
    more = member("payload.semantics.colour", {"deep": [1, None, 2**70]})(service.envelope(ME, YOU))
    check_intent(intent_schema("request-service"), more["payload"])

    assert "goes by URL" in str(fault(member("payload.semantics.attachments", [{"data": "AAAA"}]), service))


def test_nothing_of_the_payload_is_said_again() -> None:
    assert "secret" not in str(fault(member("payload.semantics.format", "secret")))


def test_the_message_of_the_field_passes() -> None:
    schema, payload = text_intent(IntentPayload.MESSAGE, "hello", [1.0], [YOU.did])
    check_intent(schema, payload)

    with pytest.raises(WireError, match=r"payload\.semantics\.participants: missing"):
        check_intent(schema, {**payload, "semantics": {"content": "hello"}})


@pytest.mark.parametrize("name", ["@context", "version", "embedding", "budget"])
def test_a_custom_intent_has_four_members(name: str) -> None:
    payload = {**NOTE.payload(ME, YOU), "@context": "https://agents.example/contexts/harvest/v1", "semantics": {"apples_kg": 12}}
    check_custom_intent(payload)

    with pytest.raises(WireError, match=f"payload.{name}: missing"):
        check_custom_intent({member: value for member, value in payload.items() if member != name})
