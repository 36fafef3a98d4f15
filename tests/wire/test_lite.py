"""Lite mode: what an INTENT may leave out, and what it means then."""

from __future__ import annotations

from typing import Any

import pytest

from ainp_harness.wire.envelope import Qos, parse_envelope
from ainp_harness.wire.errors import WireError
from ainp_harness.wire.identity import Identity, derived_uuid
from ainp_harness.wire.lite import with_lite_defaults
from ainp_harness.wire.messages import FREEFORM_NOTE_SCHEMA

ALICE = Identity.derived("lite", "alice")
MINIMAL: dict[str, Any] = {
    "version": "0.1.0",
    "msg_type": "INTENT",
    "id": derived_uuid("lite", 1),
    "timestamp": 1_790_000_000_000,
    "from_did": ALICE.did,
    "to_did": ALICE.did,
    "schema": FREEFORM_NOTE_SCHEMA,
    "sig": "",
}


def test_a_minimal_intent_has_its_defaults() -> None:
    read = parse_envelope(with_lite_defaults(MINIMAL))

    assert (read.ttl_ms, read.qos, read.trace_id) == (60_000, Qos(0.5, 0.5, 0.5, 0.5, 0), MINIMAL["id"])
    assert "ttl" not in MINIMAL, "what came stays as it came: it is signed"


def test_what_is_there_is_kept() -> None:
    assert parse_envelope(with_lite_defaults({**MINIMAL, "ttl": 5_000})).ttl_ms == 5_000


WRONG = [{"ttl": 0}, {"ttl": None}, {"qos": {}}, {"qos": None}, {"trace_id": ""}]


@pytest.mark.parametrize("member", WRONG, ids=str)
def test_what_is_there_and_wrong_is_refused(member: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        parse_envelope(with_lite_defaults({**MINIMAL, **member}))


OTHERS = [
    {"msg_type": "RESULT"},
    {"msg_type": "ADVERTISE"},
    {"to_did": None, "to_query": {"description": "anybody"}},
    {"schema": ""},
    {"id": "no id"},
]


@pytest.mark.parametrize("member", OTHERS, ids=str)
def test_no_other_message_may_leave_anything_out(member: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        parse_envelope(with_lite_defaults({**MINIMAL, **member}))


@pytest.mark.parametrize("value", [None, [], "INTENT", 1])
def test_what_is_no_object_stays_what_it_is(value: object) -> None:
    assert with_lite_defaults(value) is value
