"""Refusals: the one exception that every room of the broker raises, and the ERROR body that a client gets for it.

Which status goes with which code is a table here; the few causes whose status differs say so themselves. Nothing of what
went wrong inside (queries, paths, names of libraries) may appear in a message: messages are written for the client.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import orjson
from starlette.responses import Response

from ainp_harness.wire.errors import ErrorCode, WireError

STATUS_OF: dict[ErrorCode, int] = {
    ErrorCode.INVALID_SIGNATURE: 401,
    ErrorCode.UNAUTHORIZED: 403,
    ErrorCode.UNSUPPORTED_SCHEMA: 422,
    ErrorCode.INSUFFICIENT_CREDITS: 402,
    ErrorCode.TIMEOUT: 410,
    ErrorCode.RATE_LIMIT_EXCEEDED: 429,
    ErrorCode.NEGOTIATION_FAILED: 409,
    ErrorCode.ESCROW_REQUIRED: 402,
    ErrorCode.EVIDENCE_INSUFFICIENT: 422,
    ErrorCode.DUPLICATE_INTENT: 409,
    ErrorCode.AGENT_OFFLINE: 404,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.INVALID_ENVELOPE: 400,
    ErrorCode.UNSUPPORTED_VERSION: 400,
    ErrorCode.INVALID_DID: 400,
    ErrorCode.INVALID_TIMESTAMP: 400,
    ErrorCode.INVALID_REGISTRATION: 400,
    ErrorCode.INVALID_QUERY: 400,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.UNAVAILABLE: 503,
}

RETRY_WHEN_DOWN_MS = 1_000
"""When a caller may try again after a service of the broker failed to answer."""


class BrokerError(Exception):
    """A refusal: what the client is told, and with which status."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        status: int | None = None,
        retry_after_ms: int | None = None,
        queued: bool | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = STATUS_OF[code] if status is None else status
        self.retry_after_ms = retry_after_ms
        self.queued = queued
        self.headers = dict(headers or {})
        self.intent_id: str | None = None

    @classmethod
    def from_wire(cls, error: WireError) -> BrokerError:
        """The refusal of bytes that are no valid message."""
        return cls(error.code, str(error), status=401 if error.code is ErrorCode.UNAUTHORIZED else None)

    def body(self) -> dict[str, Any]:
        """The ERROR message (draft-00, error format)."""
        members = {
            "msg_type": "ERROR",
            "error_code": str(self.code),
            "error_message": self.message,
            "intent_id": self.intent_id,
            "retry_after_ms": self.retry_after_ms,
            "queued": self.queued,
        }
        return {name: value for name, value in members.items() if value is not None}

    def response(self, shape: Callable[[BrokerError], dict[str, Any]] = body) -> Response:
        """The answer, its body in the shape of the surface that was asked."""
        headers = dict(self.headers)
        if self.retry_after_ms is not None and self.status in (429, 503):
            headers["Retry-After"] = str(math.ceil(self.retry_after_ms / 1000))
        return json_response(shape(self), self.status, headers)


def unavailable() -> BrokerError:
    """A service that the operation needs does not answer; which one, and how, is for the log."""
    return BrokerError(ErrorCode.UNAVAILABLE, "the broker cannot do this just now", retry_after_ms=RETRY_WHEN_DOWN_MS)


def not_found(what: str) -> BrokerError:
    return BrokerError(ErrorCode.NOT_FOUND, f"{what} is not known here")


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(value), status, headers, "application/json")
