"""Embeddings as float32, little-endian, in base64."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.embedding import decode_f32, embedding_object, encode_f32, parse_embedding
from ainp_harness.wire.errors import ErrorCode, WireError

FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=20)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_bytes_are_little_endian() -> None:
    assert base64.b64decode(encode_f32([1.0, -2.0])).hex() == "0000803f" + "000000c0"


@given(FLOATS)
def test_an_embedding_goes_both_ways(vector: list[float]) -> None:
    assert decode_f32(encode_f32(vector)) == vector
    assert parse_embedding(embedding_object(vector, "model")) == vector


def test_the_object_form() -> None:
    assert embedding_object([1.0], "minilm") == {"b64": "AACAPw==", "dim": 1, "dtype": "f32", "model": "minilm"}
    assert "model" not in embedding_object([1.0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AACAPw",
        "AACA Pw==",
        "not base64",
        b64(b"\x00" * 5),
        b64(struct.pack("<f", float("nan"))),
        b64(struct.pack("<f", float("-inf"))),
    ],
    ids=["empty", "unpadded", "white space", "letters", "no whole float", "NaN", "infinity"],
)
def test_what_is_no_embedding_is_refused(text: str) -> None:
    with pytest.raises(WireError) as refusal:
        decode_f32(text, "to_query.embedding")
    assert (refusal.value.code, refusal.value.member) == (ErrorCode.INVALID_ENVELOPE, "to_query.embedding")


@pytest.mark.parametrize(
    "value",
    [
        None,
        "AACAPw==",
        {},
        {"b64": 1, "dim": 1, "dtype": "f32"},
        {"b64": "AACAPw==", "dim": 1},
        {"b64": "AACAPw==", "dim": 1, "dtype": "f64"},
        {"b64": "AACAPw==", "dim": 2, "dtype": "f32"},
        {"b64": "AACAPw==", "dim": "1", "dtype": "f32"},
        {"b64": "AACAPw==", "dim": True, "dtype": "f32"},
        {"b64": "AACAPw==", "dtype": "f32"},
    ],
)
def test_an_object_that_does_not_fit_is_refused(value: Any) -> None:
    with pytest.raises(WireError) as refusal:
        parse_embedding(value)
    assert (refusal.value.code, refusal.value.member) == (ErrorCode.INVALID_ENVELOPE, "embedding")
