"""An exchange: one request with its response or its failure, timed; or a WebSocket's frames. The form in which evidence is recorded.

An exchange is judged as it was recorded, so what an expectation may see is exactly what this file keeps.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import orjson

from ainp_harness.wire import cbor_envelope
from ainp_harness.wire.canonical import NotCanonical

REQUEST_KEPT_BYTES = 64 * 1024
"""Of what we sent, this much is kept in evidence: it can be made again from the seed."""

ANSWER_BYTES = 4 * 1024 * 1024
"""No answer of a broker is longer; what is longer is cut off and the connection closed."""

ANSWER_KEPT_BYTES = 1024 * 1024
"""Of an answer, this much is kept: a poll may deliver many messages, and what is cut off cannot be judged."""


class FailureKind(StrEnum):
    """Why there is no response."""

    CONNECT = "connect"
    TIMEOUT = "timeout"
    TLS = "tls"
    PROTOCOL = "protocol"
    CLOSED = "closed"
    LOCAL = "local"  # ours: no file descriptors, no route out, the budget is spent


@dataclass(frozen=True)
class Failure:
    """What went wrong instead of a response."""

    kind: FailureKind
    message: str


@dataclass(frozen=True)
class Body:
    """The kept part of a body, and how long it was."""

    data: bytes
    total: int

    @classmethod
    def keep(cls, data: bytes, limit: int = REQUEST_KEPT_BYTES) -> Body:
        """The first `limit` bytes, with the whole length."""
        return cls(data[:limit], len(data))

    @property
    def truncated(self) -> bool:
        return self.total > len(self.data)

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; None where it is empty, truncated, or no JSON."""
        if self.truncated or not self.data:
            return None
        try:
            return orjson.loads(self.data)
        except orjson.JSONDecodeError:
            return None

    def message(self, content_type: str) -> Any:
        """The body's JSON value in either encoding; None as for `json`."""
        if content_type.partition(";")[0].strip().lower() != cbor_envelope.MEDIA_TYPE:
            return self.json()
        try:
            return None if self.truncated else cbor_envelope.from_cbor(self.data)
        except NotCanonical:
            return None

    def to_data(self) -> dict[str, Any]:
        try:
            data: dict[str, Any] = {"text": self.data.decode("utf-8")}
        except UnicodeDecodeError:
            data = {"base64": base64.b64encode(self.data).decode("ascii")}
        if self.truncated:
            data |= {"bytes": self.total, "truncated": True}
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Body:
        kept = data["text"].encode() if "text" in data else base64.b64decode(data.get("base64", ""))
        return cls(kept, int(data.get("bytes", len(kept))))


@dataclass(frozen=True)
class Request:
    """What was sent. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: Body

    @property
    def message(self) -> Any:
        """The JSON value that was sent, in either encoding; None where there is none."""
        return self.body.message(self.headers.get("content-type", ""))


@dataclass(frozen=True)
class Response:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Body

    @property
    def message(self) -> Any:
        """The JSON value that came, in either encoding; None where there is none."""
        return self.body.message(self.headers.get("content-type", ""))


@dataclass(frozen=True)
class Frame:
    """One text frame of a WebSocket, sent by us or received."""

    at_ms: float
    sent: bool
    text: str


@dataclass(frozen=True)
class Exchange:
    """One exchange as recorded. Times are Unix milliseconds, durations milliseconds."""

    id: str
    kind: str
    operation: str
    request: Request
    response: Response | None
    failure: Failure | None
    started_ms: float
    duration_ms: float
    probe: str | None = None
    attempt: int = 1
    tags: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    close_code: int | None = None

    def tagged(self, *tags: str) -> Exchange:
        return replace(self, tags=(*self.tags, *tags))

    def to_data(self) -> dict[str, Any]:
        """The JSON form of docs/bundle-format.md."""
        response = self.response
        return {
            "id": self.id,
            "kind": self.kind,
            "probe": self.probe,
            "attempt": self.attempt,
            "operation": self.operation,
            "tags": list(self.tags),
            "started_ms": self.started_ms,
            "duration_ms": self.duration_ms,
            "request": {
                "method": self.request.method,
                "target": self.request.target,
                "headers": dict(self.request.headers),
                "body": self.request.body.to_data(),
            },
            "response": response and {"status": response.status, "headers": dict(response.headers), "body": response.body.to_data()},
            "failure": self.failure and {"kind": str(self.failure.kind), "message": self.failure.message},
            "frames": [{"at_ms": frame.at_ms, "sent": frame.sent, "text": frame.text} for frame in self.frames],
            "close_code": self.close_code,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Exchange:
        """The exchange of a recorded line.

        Raises:
            KeyError, TypeError, ValueError: the line is not of this format.
        """
        request, response, failure = data["request"], data.get("response"), data.get("failure")
        return cls(
            id=data["id"],
            kind=data["kind"],
            operation=data["operation"],
            request=Request(request["method"], request["target"], request["headers"], Body.from_data(request["body"])),
            response=Response(response["status"], response["headers"], Body.from_data(response["body"])) if response else None,
            failure=Failure(FailureKind(failure["kind"]), failure["message"]) if failure else None,
            started_ms=data["started_ms"],
            duration_ms=data["duration_ms"],
            probe=data.get("probe"),
            attempt=data.get("attempt", 1),
            tags=tuple(data.get("tags", ())),
            frames=tuple(Frame(frame["at_ms"], frame["sent"], frame["text"]) for frame in data.get("frames", ())),
            close_code=data.get("close_code"),
        )
