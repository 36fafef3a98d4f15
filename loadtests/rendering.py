"""From a scenario's call to the bytes of a request: the binding renders it, the envelope or the proof headers are signed at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ainp_harness.wire.binding import Binding, ProofKind, render
from ainp_harness.wire.signing import Scheme
from loadtests.steps import Call

WEBSOCKET = "WS"
"""The method by which a binding writes a WebSocket."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it goes out, without the headers that belong to the connection."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again on a new connection. A signed message sent again is a replay."""
        return self.method == "GET"


def render_call(call: Call, binding: Binding, *, prefix: str, timestamp_ms: int, scheme: Scheme) -> WireRequest:
    """The request of a call. `prefix` is the path of the broker's URL.

    Raises:
        KeyError: the binding does not offer the operation.
    """
    operation = binding.operations[call.operation]
    values: dict[str, Any] = dict(call.values)
    if call.envelope is not None and call.by is not None:
        values["envelope"] = call.by.sign({**call.envelope, "timestamp": timestamp_ms}, scheme)
    rendered = render(operation, values)
    target = prefix + rendered.target
    method = "GET" if rendered.method == WEBSOCKET else rendered.method  # its proof is that of the upgrade
    headers = dict(rendered.headers)
    if operation.proof is ProofKind.HEADERS and call.by is not None:
        headers |= call.by.prove(method=method, target=target, timestamp_ms=timestamp_ms, body=rendered.body)
    return WireRequest(method, target, headers, rendered.body)
