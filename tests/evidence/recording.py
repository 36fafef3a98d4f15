"""Small recordings: an answered exchange, and a probe that states one thing."""

from __future__ import annotations

from pathlib import Path

from ainp_harness.evidence.recorder import Recorder
from ainp_harness.wire.exchange import Body, Exchange, Request, Response


def answered(identifier: str, body: bytes = b"{}", status: int = 202, headers: dict[str, str] | None = None) -> Exchange:
    request = Request("POST", "/api/v1/intents", headers or {}, Body.keep(body))
    return Exchange(identifier, "http", "send_intent", request, Response(status, {}, Body.keep(b"{}")), None, 1000.0, 5.0)


def record(folder: Path) -> None:
    """One worker's recording: an exchange, a probe that begins, states and ends."""
    recorder = Recorder(folder, "c0")
    recorder.record(answered(recorder.next_id()))
    recorder.probe_begins("p", 1, ["AINP-RPL-001"])
    recorder.statement(
        probe="p",
        attempt=1,
        role="claim",
        requirements=["AINP-RPL-001"],
        expectation="refused",
        params={"codes": ["DUPLICATE_INTENT"]},
        exchanges=["c0-1"],
        live={"outcome": "held", "message": ""},
    )
    recorder.probe_ends("p", 1, "completed", "")
    recorder.close()
