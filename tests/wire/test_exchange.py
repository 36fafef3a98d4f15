"""Exchanges as evidence: what is written is what is read, and what was cut off says so."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.wire.exchange import Body, Exchange
from tests.wire.exchanges import EXCHANGES


@given(EXCHANGES)
def test_an_exchange_survives_a_line_of_json(exchange: Exchange) -> None:
    assert Exchange.from_data(orjson.loads(orjson.dumps(exchange.to_data()))) == exchange


@given(st.binary(max_size=30), st.integers(0, 40))
def test_a_kept_body_knows_how_long_it_was(data: bytes, limit: int) -> None:
    body = Body.keep(data, limit)

    assert body.data == data[:limit]
    assert body.total == len(data)
    assert body.truncated == (len(data) > limit)
    assert Body.from_data(body.to_data()) == body


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (Body.keep(b"caf\xc3\xa9"), {"text": "café"}),
        (Body.keep(b"\xff\x00"), {"base64": "/wA="}),
        (Body.keep(b""), {"text": ""}),
        (Body.keep(b"abcdef", 3), {"text": "abc", "bytes": 6, "truncated": True}),
        (Body.keep("é".encode(), 1), {"base64": "ww==", "bytes": 2, "truncated": True}),
    ],
)
def test_how_a_body_is_written(body: Body, data: dict[str, object]) -> None:
    assert body.to_data() == data


@pytest.mark.parametrize(
    ("body", "value"),
    [(Body.keep(b'{"a":1}'), {"a": 1}), (Body.keep(b""), None), (Body.keep(b"<html>"), None), (Body.keep(b"[1]  ", 3), None)],
)
def test_a_body_is_json_only_whole(body: Body, value: object) -> None:
    assert body.json() == value


def test_a_binary_body_has_a_text_for_people() -> None:
    assert Body.keep(b"a\xff").text == "a\ufffd"


@pytest.mark.parametrize("damage", ["id", "request", "kind", "started_ms"])
def test_a_line_without_a_member_is_no_exchange(damage: str) -> None:
    line = {
        "id": "c0-1",
        "kind": "http",
        "operation": "health",
        "started_ms": 1.0,
        "duration_ms": 1.0,
        "request": {"method": "GET", "target": "/", "headers": {}, "body": {"text": ""}},
    }
    assert Exchange.from_data(line).id == "c0-1"

    with pytest.raises(KeyError):
        Exchange.from_data({name: value for name, value in line.items() if name != damage})
