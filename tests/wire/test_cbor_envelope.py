"""Envelopes in CBOR: what comes back is the JSON value that went in, and what JSON cannot say is refused."""

from __future__ import annotations

import uuid
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.canonical import MAX_DEPTH, NotCanonical, as_doubles, canonical
from ainp_harness.wire.cbor_envelope import KEYS, from_cbor, to_cbor
from ainp_harness.wire.embedding import embedding_object
from ainp_harness.wire.identity import Identity, derived_uuid
from ainp_harness.wire.messages import FREEFORM_NOTE_SCHEMA, MsgType, Stamp, envelope, freeform_note
from ainp_harness.wire.signing import Scheme, decode_base64, verify

ALICE = Identity.derived("cbor", "alice")
SIGNED = ALICE.sign(
    envelope(
        MsgType.INTENT, Stamp(derived_uuid("cbor", 1), "trace", 1_790_000_000_000), from_did=ALICE.did, to_did=ALICE.did,
        schema=FREEFORM_NOTE_SCHEMA, payload=freeform_note("hello", [0.5, -0.25]),
    )
)  # fmt: skip

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.just("b64"), inner, max_size=4),
    max_leaves=20,
)
ENVELOPES = st.dictionaries(st.sampled_from(list(KEYS.values())) | st.text(max_size=8), VALUES, max_size=15)


@given(ENVELOPES)
def test_an_envelope_comes_back_as_the_same_json(message: dict[str, Any]) -> None:
    back = from_cbor(to_cbor(message))

    assert back == as_doubles(message)
    assert canonical(back) == canonical(message)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_refused(data: bytes) -> None:
    try:
        message = from_cbor(data)
    except NotCanonical:
        return
    assert from_cbor(to_cbor(message)) == message


def test_what_has_a_binary_form_travels_in_it() -> None:
    decoded = cbor2.loads(to_cbor(SIGNED))

    assert set(decoded) <= set(KEYS)
    assert decoded[3] == uuid.UUID(SIGNED["id"]).bytes
    assert decoded[4] == SIGNED["timestamp"]
    assert decoded[15] == decode_base64(SIGNED["sig"])
    assert decoded[14]["embedding"]["b64"] == decode_base64(embedding_object([0.5, -0.25])["b64"])
    assert len(to_cbor(SIGNED)) < len(canonical(SIGNED))


@pytest.mark.parametrize("scheme", Scheme)
def test_the_signature_is_that_of_the_json_form(scheme: Scheme) -> None:
    assert verify(from_cbor(to_cbor(ALICE.sign(SIGNED, scheme))), ALICE.public_key) is scheme


@pytest.mark.parametrize("text", [SIGNED["id"].upper(), "not-a-uuid", "{" + SIGNED["id"] + "}"])
def test_an_id_that_is_no_plain_uuid_stays_a_text(text: str) -> None:
    assert cbor2.loads(to_cbor({"id": text}))[3] == text
    assert from_cbor(to_cbor({"id": text})) == {"id": text}


def test_an_integer_beyond_a_double_is_read_as_one() -> None:
    assert from_cbor(cbor2.dumps({14: {"n": 2**64 - 1}})) == {"payload": {"n": float(2**64)}}


def test_a_map_of_unknown_length_is_a_map() -> None:
    assert from_cbor(b"\xbf\x01\x61\x31\xff") == {"version": "1"}


NO_JSON: dict[str, bytes] = {
    "empty": b"",
    "a list": cbor2.dumps([1]),
    "a number": cbor2.dumps(1),
    "broken off": to_cbor(SIGNED)[:-1],
    "something after it": to_cbor(SIGNED) + b"\x00",
    "a key twice": bytes.fromhex("a2016131016132"),
    "key 16": cbor2.dumps({16: 1}),
    "key 0": cbor2.dumps({0: 1}),
    "a negative key": cbor2.dumps({-1: 1}),
    "true as a key": cbor2.dumps({True: "0.1.0"}),
    "a fraction as a key": cbor2.dumps({1.0: "0.1.0"}),
    "bytes as a key": cbor2.dumps({b"version": 1}),
    "a list as a key": bytes.fromhex("a18001"),
    "a number as a key within": cbor2.dumps({14: {1: 2}}),
    "a name that has a number": cbor2.dumps({"payload": {}}),
    "undefined": cbor2.dumps({14: cbor2.undefined}),
    "a simple value": cbor2.dumps({14: cbor2.CBORSimpleValue(99)}),
    "a date": cbor2.dumps({14: cbor2.CBORTag(0, "2026-01-01T00:00:00Z")}),
    "a large integer by tag": cbor2.dumps({14: 2**70}),
    "a set": cbor2.dumps({14: cbor2.CBORTag(258, [1])}),
    "an unknown tag": cbor2.dumps({14: cbor2.CBORTag(9999, 1)}),
    "a list that holds itself": bytes.fromhex("a10ed81c81d81d00"),
    "not a number": cbor2.dumps({14: {"n": float("nan")}}),
    "infinity": cbor2.dumps({14: {"n": float("-inf")}}),
    "text that is no UTF-8": bytes.fromhex("a10161ff"),
    "a list of four billion": bytes.fromhex("a10e9affffffff"),
    "too deep": b"\xa1\x0e" + b"\x81" * (MAX_DEPTH + 1) + b"\x01",
    "a million levels": b"\xa1\x0e" + b"\x81" * 1_000_000,
}


@pytest.mark.parametrize("data", NO_JSON.values(), ids=NO_JSON.keys())
def test_what_json_cannot_say_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        from_cbor(data)
