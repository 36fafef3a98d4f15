"""The envelope, member by member: what is removed, of another type or out of bounds is refused, with the member named."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.envelope import MAX_TTL_MS, Qos, parse_envelope, parse_query
from ainp_harness.wire.errors import ErrorCode, WireError

ALICE = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
BOB = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"

QOS = {"urgency": 0.5, "importance": 0.25, "novelty": 0, "ethicalWeight": 1, "bid": 3}

ENVELOPE: dict[str, Any] = {
    "version": "0.1.0",
    "msg_type": "INTENT",
    "id": "AAAAAAAA-0000-4000-8000-00000000000F",
    "timestamp": 1_790_000_000_000,
    "ttl": 60_000,
    "trace_id": "trace",
    "from_did": ALICE,
    "to_did": BOB,
    "schema": "https://ainp.dev/schemas/intents/freeform-note/v1",
    "qos": QOS,
    "payload": {"text": "hello"},
    "sig": "not looked at here",
}


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {**{name: value for name, value in ENVELOPE.items() if name not in names}, **changes}


def refusal_of(value: Any) -> tuple[ErrorCode, str | None]:
    with pytest.raises(WireError) as refusal:
        parse_envelope(value)
    return refusal.value.code, refusal.value.member


def test_a_whole_envelope_is_read() -> None:
    envelope = parse_envelope(ENVELOPE)

    assert envelope.raw is ENVELOPE
    assert (envelope.from_did, envelope.to_did, envelope.payload) == (ALICE, BOB, {"text": "hello"})
    assert envelope.qos == Qos(0.5, 0.25, 0, 1, 3)
    assert (envelope.expires_ms, envelope.deadline_ms) == (1_790_000_060_000, 1_790_000_120_000)


def test_the_id_is_in_lower_case_and_unknown_members_are_kept() -> None:
    envelope = parse_envelope({**ENVELOPE, "x-new": {"a": 1}})

    assert envelope.id == "aaaaaaaa-0000-4000-8000-00000000000f"
    assert envelope.raw["x-new"] == {"a": 1}
    assert envelope.raw["id"] == "AAAAAAAA-0000-4000-8000-00000000000F"


@pytest.mark.parametrize("member", ["version", "msg_type", "id", "timestamp", "ttl", "trace_id", "from_did", "schema", "qos"])
def test_a_missing_member_is_named(member: str) -> None:
    assert refusal_of(without(member)) == (ErrorCode.INVALID_ENVELOPE, member)
    assert refusal_of({**ENVELOPE, member: None}) == (ErrorCode.INVALID_ENVELOPE, member)


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("version", [1, ["0.1.0"], {}]),
        ("msg_type", ["intent", "OTHER", 1, [], {}]),
        (
            "id",
            [
                "x",
                1,
                "00000000-0000-1000-8000-000000000000",
                "00000000-0000-4000-c000-000000000000",
                "{00000000-0000-4000-8000-000000000000}",
            ],
        ),
        ("timestamp", ["1790000000000", True, [], {}]),
        ("ttl", ["60000", False, 0, -1, MAX_TTL_MS + 1, []]),
        ("trace_id", ["", 1, [], "a\x00b"]),
        ("from_did", ["", 1, [], ALICE + "\x00"]),
        ("to_did", ["", None, 1, [], BOB + "\x00"]),
        ("schema", ["", 1, "no-uri", "https:", "https://a b", "1:x", "a:\x01"]),
        ("qos", [[], "high", 1]),
        ("payload", [[], "text", 1, False]),
        ("capabilities_ref", [None, 1, "no-uri"]),
        ("attestations", [None, {}, "x"]),
    ],
)
def test_a_member_of_another_type_is_named(member: str, values: list[Any]) -> None:
    for value in values:
        assert refusal_of({**ENVELOPE, member: value}) == (ErrorCode.INVALID_ENVELOPE, member), value


@pytest.mark.parametrize("weight", ["urgency", "importance", "novelty", "ethicalWeight"])
@pytest.mark.parametrize("value", [-0.01, 1.01, "0.5", True, [], None])
def test_a_weight_lies_between_0_and_1(weight: str, value: Any) -> None:
    assert refusal_of({**ENVELOPE, "qos": {**QOS, weight: value}}) == (ErrorCode.INVALID_ENVELOPE, f"qos.{weight}")


@pytest.mark.parametrize("bid", [-1, "1", True, []])
def test_a_bid_is_not_negative(bid: Any) -> None:
    assert refusal_of({**ENVELOPE, "qos": {**QOS, "bid": bid}}) == (ErrorCode.INVALID_ENVELOPE, "qos.bid")


@pytest.mark.parametrize("value", [None, [], "text", 1, True])
def test_a_message_is_an_object(value: Any) -> None:
    assert refusal_of(value) == (ErrorCode.INVALID_ENVELOPE, None)


@pytest.mark.parametrize("ttl", [1, 0.5, MAX_TTL_MS])
def test_the_bounds_of_ttl_are_in(ttl: float) -> None:
    assert parse_envelope({**ENVELOPE, "ttl": ttl}).ttl_ms == ttl


def test_the_longest_ttl_fits_into_the_streams_seven_days() -> None:
    assert parse_envelope({**ENVELOPE, "ttl": MAX_TTL_MS, "timestamp": 0}).deadline_ms == 7 * 24 * 3_600_000


def test_another_version_is_told_after_everything_else_about_members() -> None:
    assert refusal_of({**ENVELOPE, "version": "0.2.0"}) == (ErrorCode.UNSUPPORTED_VERSION, "version")
    assert refusal_of({**ENVELOPE, "version": "0.2.0", "qos": 1}) == (ErrorCode.INVALID_ENVELOPE, "qos")
    assert refusal_of({**ENVELOPE, "version": "0.2.0", "from_did": "did:key:test"}) == (ErrorCode.UNSUPPORTED_VERSION, "version")


@pytest.mark.parametrize("member", ["from_did", "to_did"])
def test_a_malformed_did_is_another_fault_than_a_malformed_member(member: str) -> None:
    assert refusal_of({**ENVELOPE, member: "did:key:test"})[0] is ErrorCode.INVALID_DID


def test_an_intent_names_one_addressee() -> None:
    query = {"description": "translate"}

    assert refusal_of({**ENVELOPE, "to_query": query}) == (ErrorCode.INVALID_ENVELOPE, "to_query")
    assert refusal_of(without("to_did")) == (ErrorCode.INVALID_ENVELOPE, "to_did")
    assert parse_envelope(without("to_did", to_query=query)).to_query is not None
    assert parse_envelope(without("to_did", msg_type="ADVERTISE")).to_did is None


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"description": ""}, "to_query.description"),
        ({"description": None}, "to_query.description"),
        ({"description": "a\x00"}, "to_query.description"),
        ({"tags": "one"}, "to_query.tags"),
        ({"tags": [1]}, "to_query.tags"),
        ({"tags": [""]}, "to_query.tags"),
        ({"tags": ["a\x00"]}, "to_query.tags"),
        ({"embedding": {}}, "to_query.embedding"),
        ({"min_trust": 1.1}, "to_query.min_trust"),
        ({"min_trust": "1"}, "to_query.min_trust"),
        ({"max_latency_ms": -1}, "to_query.max_latency_ms"),
        ({"max_cost": True}, "to_query.max_cost"),
    ],
)
def test_a_query_that_does_not_fit_is_named(change: dict[str, Any], member: str) -> None:
    with pytest.raises(WireError) as refusal:
        parse_query({"description": "translate", **change})
    assert (refusal.value.code, refusal.value.member) == (ErrorCode.INVALID_ENVELOPE, member)


def test_a_query_is_read_whole() -> None:
    query = parse_query(
        {"description": "translate", "tags": ["a"], "min_trust": 0.5, "max_latency_ms": 10, "max_cost": 0, "embedding": "AA=="}
    )

    assert (query.description, query.tags, query.min_trust, query.max_latency_ms, query.max_cost) == ("translate", ("a",), 0.5, 10, 0)


@pytest.mark.parametrize(
    ("qos", "priority"),
    [
        (Qos(1, 1, 1, 1), 1.0),
        (Qos(1, 0, 0, 0), 0.3),
        (Qos(0, 0, 1, 0), 0.2),
        (Qos(0, 0, 0, 0, 10), 0.5 * math.tanh(1)),
        (Qos(0, 0, 0, 0, 1e9), 0.5),
    ],
)
def test_priority(qos: Qos, priority: float) -> None:
    assert qos.priority() == pytest.approx(priority)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*ENVELOPE, "to_query", "attestations"]), JSON, max_size=4))
def test_anything_is_an_envelope_or_a_wire_error(changes: dict[str, Any]) -> None:
    try:
        envelope = parse_envelope({**ENVELOPE, **changes})
    except WireError as refusal:
        assert refusal.code in (ErrorCode.INVALID_ENVELOPE, ErrorCode.UNSUPPORTED_VERSION, ErrorCode.INVALID_DID)
        return
    assert envelope.id == envelope.id.lower()
    assert 0 < envelope.ttl_ms <= MAX_TTL_MS
