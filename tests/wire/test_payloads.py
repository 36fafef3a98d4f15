"""Payloads whose shape a surface decides."""

from __future__ import annotations

import pytest

from ainp_harness.wire.embedding import embedding_object
from ainp_harness.wire.messages import FREEFORM_NOTE_SCHEMA, capability
from ainp_harness.wire.payloads import (
    ADVERTISED_MINUTES,
    MESSAGE_SCHEMA,
    AdvertisePayload,
    IntentPayload,
    advertised,
    text_intent,
    text_member,
)

DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


@pytest.mark.parametrize(("kind", "schema"), [(IntentPayload.FREEFORM_NOTE, FREEFORM_NOTE_SCHEMA), (IntentPayload.MESSAGE, MESSAGE_SCHEMA)])
def test_an_intent_that_holds_a_text(kind: IntentPayload, schema: str) -> None:
    found, payload = text_intent(kind, "a text", [1.0, 0.0], [DID])

    assert found == schema
    assert payload["semantics"][text_member(payload)] == "a text"
    assert payload["embedding"] == embedding_object([1.0, 0.0])
    assert payload.keys() == {"@context", "@type", "version", "embedding", "budget", "semantics"}


def test_a_message_names_its_participants() -> None:
    _, payload = text_intent(IntentPayload.MESSAGE, "a text", [1.0], [DID])
    assert payload["semantics"]["participants"] == [DID]


def test_what_is_advertised() -> None:
    offered = [{**capability("bakes"), "embedding": embedding_object([1.0])}]
    plain = advertised(AdvertisePayload.CAPABILITIES, DID, offered, credentials=["urn:c"])
    address = advertised(AdvertisePayload.ADDRESS, DID, offered, credentials=["urn:c"])

    assert plain == {"capabilities": offered, "credentials": ["urn:c"]}
    assert address == {
        "address": {"did": DID, "capabilities": [{**offered[0], "embedding": offered[0]["embedding"]["b64"]}], "credentials": ["urn:c"]},
        "ttl_minutes": ADVERTISED_MINUTES,
    }
    assert advertised(AdvertisePayload.CAPABILITIES, DID, offered, names=True)["did"] == DID
