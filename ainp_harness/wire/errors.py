"""The error codes of AINP and the one exception by which wire says that bytes are not a valid message.

Codes are the draft's standard ones and the house's for what the draft does not name; HTTP statuses belong to the surface, not to wire.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Codes of ERROR messages. The first twelve are standard (draft-00, error codes), the others are this house's."""

    INVALID_SIGNATURE = "INVALID_SIGNATURE"
    UNAUTHORIZED = "UNAUTHORIZED"
    UNSUPPORTED_SCHEMA = "UNSUPPORTED_SCHEMA"
    TIMEOUT = "TIMEOUT"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    INSUFFICIENT_CREDITS = "INSUFFICIENT_CREDITS"
    NEGOTIATION_FAILED = "NEGOTIATION_FAILED"
    ESCROW_REQUIRED = "ESCROW_REQUIRED"
    EVIDENCE_INSUFFICIENT = "EVIDENCE_INSUFFICIENT"
    DUPLICATE_INTENT = "DUPLICATE_INTENT"
    AGENT_OFFLINE = "AGENT_OFFLINE"
    INTERNAL_ERROR = "INTERNAL_ERROR"

    INVALID_ENVELOPE = "INVALID_ENVELOPE"
    UNSUPPORTED_VERSION = "UNSUPPORTED_VERSION"
    INVALID_DID = "INVALID_DID"
    INVALID_TIMESTAMP = "INVALID_TIMESTAMP"
    INVALID_REGISTRATION = "INVALID_REGISTRATION"
    INVALID_QUERY = "INVALID_QUERY"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    UNAVAILABLE = "UNAVAILABLE"


class WireError(ValueError):
    """These bytes are not a valid message: the code that says so, and the member at fault where there is one."""

    def __init__(self, code: ErrorCode, message: str, member: str | None = None) -> None:
        super().__init__(f"{member}: {message}" if member else message)
        self.code = code
        self.member = member
