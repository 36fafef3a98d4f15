"""Rows of the table of expectations: error messages, encodings, hosts that nobody may call, and messages in CBOR."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nacl.signing import SigningKey

from ainp_harness.wire.cbor_envelope import MEDIA_TYPE, to_cbor
from ainp_harness.wire.did import did_key
from ainp_harness.wire.exchange import Body, Exchange, Request
from ainp_harness.wire.messages import DISCOVER_RESULT_SCHEMA, MsgType, Stamp, envelope
from ainp_harness.wire.signing import sign
from tests.judging.evidence import ALICE, BOB, error, exchange, intent, polled, unanswered

HELD, BROKEN, NOT_SHOWN = "held", "broken", "not_shown"

ID = "3c1f4b9e-5d0a-4c7e-9f21-6b8e2f0d7a11"
KEY = SigningKey(bytes(32))


def told(status: int, code: str = "INVALID_ENVELOPE", sent: Any = None, **members: Any) -> Exchange:
    """An ERROR message, answering an intent with an id; `members` replace its own, None takes one out."""
    body = {"msg_type": "ERROR", "error_code": code, "error_message": "no", "intent_id": ID, **members}
    return exchange("send_intent", status, {name: value for name, value in body.items() if value is not None}, sent=sent or intent(ID))


def of_type(content_type: str, one: Exchange) -> Exchange:
    return replace(one, request=replace(one.request, headers={"content-type": content_type}))


def error_as_envelope(key: SigningKey = KEY, **changes: Any) -> Exchange:
    whole = envelope(MsgType.ERROR, Stamp(ID, "t", 1), from_did=did_key(bytes(KEY.verify_key)), schema=DISCOVER_RESULT_SCHEMA)
    return exchange("send_intent", 400, {**sign(whole, key), **changes})


def answered(content_type: str, body: Any, status: int = 200) -> Exchange:
    return exchange("discover", status, body, headers={"content-type": content_type})


def in_cbor(message: dict[str, Any]) -> Exchange:
    request = Request("POST", "/x", {"content-type": MEDIA_TYPE}, Body.keep(to_cbor(message)))
    return Exchange(**{**vars(exchange()), "request": request})


def called(connections: int, tls: int = 0) -> Exchange:
    paths = ["GET /"] * (connections - tls)
    return exchange("did_web", 200, {"host": "localhost", "port": 1, "connections": connections, "tls": tls, "paths": paths})


def took(milliseconds: float, one: Exchange) -> Exchange:
    return Exchange(**{**vars(one), "duration_ms": milliseconds})


CUT = Exchange(**{**vars(in_cbor(intent(ID))), "request": Request("POST", "/x", {"content-type": MEDIA_TYPE}, Body(b"\xa1", 9))})
PROMPT = {"codes": ["UNAUTHORIZED"], "margin_ms": 1000}
UNRESOLVED = error(401, "UNAUTHORIZED")

WIRE: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    ("tells_error", [error(400, "INVALID_ENVELOPE"), error(409, "SOME_WORD")], {}, HELD),
    ("tells_error", [error(400, "invalid_envelope")], {}, BROKEN),
    ("tells_error", [error(400)], {}, BROKEN),
    ("tells_error", [exchange(status=400, body={"error_code": "INVALID_ENVELOPE"})], {}, BROKEN),
    ("tells_error", [exchange(status=400, body={"error_code": "INVALID_ENVELOPE", "error_message": ""})], {}, BROKEN),
    ("tells_error", [exchange(status=400, body=b"<html>")], {}, BROKEN),
    ("tells_error", [exchange()], {}, BROKEN),
    ("tells_error", [unanswered()], {}, NOT_SHOWN),
    ("tells_error", [error(503, "UNAVAILABLE")], {}, BROKEN),  # waiting helps, and it does not say how long
    ("tells_error", [told(503, "UNAVAILABLE", retry_after_ms=1000), told(429, "RATE_LIMIT_EXCEEDED", retry_after_ms=1)], {}, HELD),
    ("tells_error", [told(429, "RATE_LIMIT_EXCEEDED", retry_after_ms=True)], {}, BROKEN),
    ("error_message", [told(400)], {}, HELD),
    ("error_message", [told(400, sent=intent(ID.upper()))], {}, HELD),
    ("error_message", [told(400, intent_id=None)], {}, BROKEN),
    ("error_message", [told(400, intent_id="another")], {}, BROKEN),
    ("error_message", [of_type("text/plain", told(400, intent_id=None))], {}, HELD),  # refused for its type, unread
    ("error_message", [of_type("application/json; charset=utf-8", told(400, intent_id=None))], {}, BROKEN),
    ("error_message", [told(400, msg_type=None)], {}, BROKEN),
    ("error_message", [told(400, msg_type="INTENT")], {}, BROKEN),
    ("error_message", [told(400, "bad")], {}, BROKEN),
    ("error_message", [told(400, sent=intent("no UUID"), intent_id=None)], {}, HELD),  # no id that anybody could tell
    ("error_message", [told(413, "PAYLOAD_TOO_LARGE", intent_id=None)], {}, HELD),  # refused before it was read
    ("error_message", [told(404, "AGENT_OFFLINE", queued=True)], {}, BROKEN),
    ("error_message", [told(404, "AGENT_OFFLINE", queued=True, expires_at=1_790_000_000_000)], {}, HELD),
    ("error_message", [told(404, "AGENT_OFFLINE", queued=False)], {}, HELD),
    ("error_message", [unanswered()], {}, NOT_SHOWN),
    ("error_envelope", [error_as_envelope()], {}, HELD),
    ("error_envelope", [error_as_envelope(SigningKey(bytes([1] * 32)))], {}, BROKEN),
    ("error_envelope", [error_as_envelope(schema="")], {}, BROKEN),
    ("error_envelope", [told(400)], {}, BROKEN),
    ("error_envelope", [unanswered()], {}, NOT_SHOWN),
    ("encoded_as", [answered("application/json; charset=utf-8", {})], {"encoding": "json"}, HELD),
    ("encoded_as", [answered("application/ld+json", {})], {"encoding": "json"}, HELD),
    ("encoded_as", [answered(MEDIA_TYPE, to_cbor({"msg_type": "DISCOVER_RESULT"}))], {"encoding": "cbor"}, HELD),
    ("encoded_as", [answered("application/json", {})], {"encoding": "cbor"}, BROKEN),
    ("encoded_as", [answered(MEDIA_TYPE, to_cbor({}))], {"encoding": "json"}, BROKEN),
    ("encoded_as", [answered(MEDIA_TYPE, {})], {"encoding": "cbor"}, BROKEN),  # it says CBOR and is JSON
    ("encoded_as", [answered("text/html", b"<html>")], {"encoding": "json"}, BROKEN),
    ("encoded_as", [answered("application/json", {}, 406)], {"encoding": "json"}, BROKEN),
    ("not_called", [called(0)], {}, HELD),
    ("not_called", [called(0), called(1)], {}, BROKEN),
    ("not_called", [unanswered("did_web")], {}, NOT_SHOWN),
    ("asked_in_http", [called(0), called(1), called(2, tls=1)], {}, HELD),
    ("asked_in_http", [called(2, tls=2)], {}, BROKEN),
    ("asked_in_http", [unanswered("did_web")], {}, NOT_SHOWN),
    ("refused_promptly", [took(5, error(400)), took(900, UNRESOLVED)], PROMPT, HELD),
    ("refused_promptly", [took(5, error(400)), took(5, UNRESOLVED), took(1200, UNRESOLVED)], PROMPT, BROKEN),
    ("refused_promptly", [took(5, error(400)), took(5, exchange())], PROMPT, BROKEN),
    ("refused_promptly", [took(5, error(400)), unanswered()], PROMPT, NOT_SHOWN),
    ("delivered_as_sent", [in_cbor(intent(ID, BOB, ALICE)), polled(intent(ID, BOB, ALICE))], {}, HELD),
    ("delivered_as_sent", [in_cbor(intent(ID)), polled(intent(ID, n=1))], {}, BROKEN),
    ("delivered_as_sent", [CUT, polled(intent(ID))], {}, NOT_SHOWN),
]
