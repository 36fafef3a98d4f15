"""What an error says: a code and a message where the binding says they are, when to try again, and the ERROR message of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.wire.binding import ProofKind, pick_path
from ainp_harness.wire.canonical import NotCanonical, parse_json
from ainp_harness.wire.cbor_envelope import MEDIA_TYPE
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.envelope import is_uuid4, parse_envelope
from ainp_harness.wire.errors import WireError
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.signing import verify

UNREAD = frozenset({413, 415, 429})
"""Statuses by which a broker may refuse before it reads the message: then it need not know the message's id."""

READ_AS = frozenset({"application/json", "application/ld+json", MEDIA_TYPE})
"""Content types under which a broker must have read a message; of another it may refuse the type alone."""

WAITING_HELPS = frozenset({429, 503})

Look = Callable[[Exchange, Context], str]


def error_lacks(exchange: Exchange, context: Context) -> str:
    """What an error's body lacks: a code in capitals, a message, or the time after which to try again; empty where nothing."""
    assert exchange.response is not None
    status, body, paths = exchange.response.status, exchange.response.body.json(), context.binding.error
    if context.binding.error_code(status, body) is None:
        return f"no code in capitals at {paths.get('error_code', 'error_code')}"
    message = pick_path(paths.get("error_message", "error_message"), body)
    if not isinstance(message, str) or not message:
        return f"no text at {paths.get('error_message', 'error_message')}"
    if status in WAITING_HELPS and not _is_positive(pick_path(paths.get("retry_after_ms", "retry_after_ms"), body)):
        return f"no number at {paths.get('retry_after_ms', 'retry_after_ms')}, though waiting helps"
    return ""


def error_message_lacks(exchange: Exchange, context: Context) -> str:
    """What an error's body lacks of an ERROR message (draft-00, ERROR phase); empty where nothing."""
    assert exchange.response is not None
    body = exchange.response.body.json()
    if not isinstance(body, dict) or body.get("msg_type") != "ERROR":
        return "msg_type is not 'ERROR'"
    if lacking := error_lacks(exchange, context):
        return lacking
    path = context.binding.error.get("intent_id", "intent_id")
    sent = _id_that_was_read(exchange, context)
    if sent is not None and str(pick_path(path, body)).lower() != sent:
        return f"{path} is not {sent}, the id of the message"
    if body.get("queued") is True and not _is_positive(body.get("expires_at")):
        return "it is queued, and expires_at is missing"
    return ""


@expectation
def tells_error(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every answer is an error, with a code in capitals and a message."""
    return _each(exchanges, context, error_lacks)


@expectation
def error_message(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every answer is an ERROR message with code, message, and the id of the message that it answers."""
    return _each(exchanges, context, error_message_lacks)


@expectation
def error_envelope(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every answer is an ERROR as a whole envelope, signed by the key of its from_did."""
    return _each(exchanges, context, _envelope_lacks)


def _each(exchanges: Sequence[Exchange], context: Context, lacks: Look) -> Judgement:
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        if exchange.response.status < 400:
            return broken(f"no error: {describe(exchange)}")
        if lacking := lacks(exchange, context):
            return broken(f"{lacking}: {describe(exchange)}")
    return held()


def _envelope_lacks(exchange: Exchange, _context: Context) -> str:
    assert exchange.response is not None
    body = exchange.response.body.json()
    if not isinstance(body, dict) or body.get("msg_type") != "ERROR":
        return "msg_type is not 'ERROR'"
    try:
        verify(body, public_key_of(parse_envelope(body).from_did))
    except WireError as error:
        return f"no whole, signed envelope: {error}"
    return ""


def _id_that_was_read(exchange: Exchange, context: Context) -> str | None:
    """The id of the message that was sent, in lower case; None where there was none that the broker must have read."""
    assert exchange.response is not None
    operation = context.binding.operations.get(exchange.operation)
    if operation is None or operation.proof is not ProofKind.ENVELOPE:
        return None
    if exchange.response.status in UNREAD or exchange.response.status >= 500 or not _is_json(exchange.request.body.data):
        return None
    if exchange.request.headers.get("content-type", "").partition(";")[0].strip().lower() not in READ_AS:
        return None
    sent = exchange.request.body.json()
    identifier = sent.get("id") if isinstance(sent, dict) else None
    return identifier.lower() if isinstance(identifier, str) and is_uuid4(identifier) else None


def _is_json(data: bytes) -> bool:
    """By the protocol's own bounds: what is none for a broker has no id for it either."""
    try:
        parse_json(data)
    except NotCanonical:
        return False
    return True


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
