"""Evidence made by hand: exchanges, statements, plans, bundles and loads, for judging without a broker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.plan import Canary, Declared, Plan, TargetInfo, ToolInfo, seal
from ainp_harness.evidence.recorder import Recorder
from ainp_harness.evidence.tables import DELIVERIES, RESOURCES, SAMPLES, write_part
from ainp_harness.judging import expectations as _expectations  # noqa: F401  # importing it registers them
from ainp_harness.judging.expectation import Context, evaluate
from ainp_harness.promises.requirements import requirements_digest
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.toml_files import TomlFile
from ainp_harness.promises.vocabulary import Depth, Need
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.binding_data import parse_binding
from ainp_harness.wire.exchange import Body, Exchange, Failure, FailureKind, Frame, Request, Response

PROMISES = Promises.shipped("phase-0.3")

BINDING_DATA: dict[str, Any] = TomlFile.read(Path(__file__).parents[2] / "ainp_harness/promises/bindings/v1.toml").data

BINDING: Binding = parse_binding(BINDING_DATA)

CONTEXT = Context(BINDING, "phase-0.3", PROMISES.conflicts)

ALICE = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
BOB = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"

CREATED_MS = 1_790_000_000_000.0
"""2026-09-21."""


# -- exchanges


def exchange(operation: str = "send_intent", status: int | None = 202, body: Any = None, **changes: Any) -> Exchange:
    """An exchange of an operation, answered with a status and a JSON body; `status=None`: not answered."""
    sent, headers, asked_by = (changes.pop(name, default) for name, default in (("sent", {}), ("headers", {}), ("by", None)))
    method, target = changes.pop("method", "POST"), changes.pop("target", "/x")
    told = {"content-type": "application/json", **headers}
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    response = None if status is None else Response(status, told, Body.keep(raw))
    failure = changes.pop("failure", Failure(FailureKind.TIMEOUT, "no answer within 10 s") if status is None else None)
    asking = {"content-type": "application/json", **({"x-ainp-did": asked_by} if asked_by else {})}
    request = Request(method, target, asking, Body.keep(orjson.dumps(sent)))
    made = Exchange(changes.pop("id", "x"), "http", operation, request, response, failure, CREATED_MS, 5.0)
    return replace(made, **changes)


def unanswered(operation: str = "send_intent", kind: FailureKind = FailureKind.TIMEOUT) -> Exchange:
    return exchange(operation, None, failure=Failure(kind, "gone"))


def error(status: int, code: str | None = None, operation: str = "send_intent", **changes: Any) -> Exchange:
    return exchange(operation, status, {"error_code": code, "error_message": "no"} if code else {}, **changes)


def intent(identifier: str = "i1", from_did: str = ALICE, to_did: str = BOB, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "from_did": from_did, "to_did": to_did, **more}


def polled(*envelopes: dict[str, Any], by: str = BOB, first: int = 1, status: int = 200) -> Exchange:
    messages = [{"delivery_id": f"d{n}", "envelope": envelope} for n, envelope in enumerate(envelopes, start=first)]
    return exchange("poll", status, {"messages": messages}, by=by, method="GET")


def socket(
    *envelopes: dict[str, Any], status: int | None = 101, close_code: int | None = None, at_ms: float = CREATED_MS, by: str = BOB
) -> Exchange:
    frames = tuple(Frame(at_ms, False, json.dumps({"delivery_id": f"w{n}", "envelope": value})) for n, value in enumerate(envelopes))
    made = exchange("websocket", status, b"", by=by, method="GET")
    return replace(made, kind="ws", frames=frames, close_code=close_code)


def found(*dids: str, status: int = 200) -> Exchange:
    return exchange("discover_text", status, {"results": [{"did": did} for did in dids]}, method="GET")


# -- bundles


def plan(**changes: Any) -> Plan:
    members: dict[str, Any] = {
        "tool": ToolInfo(name="ainp-harness", version="0.1.0"),
        "run_id": "r1",
        "created_ms": CREATED_MS,
        "target": TargetInfo(name="url", url="http://broker.example:8080"),
        "reach": (),
        "binding": BINDING_DATA,
        "binding_digest": "sha256:0",
        "profile": "phase-0.3",
        "profile_digest": "sha256:1",
        "requirements_digest": requirements_digest(PROMISES.requirements.values()),
        "depth": Depth.QUICK,
        "seed": "s",
        "declared": Declared(source="capabilities", features=("websocket", "queue"), limits={"per_did": 100}),
        "canary": Canary(reachable=True, scheme="jcs-sha256"),
    }
    return Plan(**{**members, **changes})


EVERYTHING = tuple(Need)


@dataclass
class Said:
    """A statement of a probe, with the exchanges it speaks of."""

    expectation: str
    exchanges: Sequence[Exchange]
    params: dict[str, Any] = field(default_factory=dict)
    role: str = "claim"
    requirements: tuple[str, ...] = ("AINP-RPL-002",)


@dataclass
class Attempt:
    """One attempt of a probe. `outcome` None: it never ended."""

    said: Sequence[Said]
    outcome: str | None = "completed"
    requirements: tuple[str, ...] = ("AINP-RPL-002",)
    probe: str = "p"
    number: int = 1
    message: str = ""


def control(*exchanges: Exchange, requirements: tuple[str, ...] = ("AINP-INT-001",)) -> Said:
    return Said("accepted", exchanges, role="control", requirements=requirements)


ACCEPTED = exchange()
REFUSED = error(409, "DUPLICATE_INTENT")


def write(
    folder: Path, attempts: Iterable[Attempt] = (), *, traffic: Iterable[Exchange] = (), end: str | None = "completed", **changes: Any
) -> Bundle:
    """A bundle on disk with these attempts and this further traffic; `end=None`: killed."""
    folder.mkdir(parents=True, exist_ok=True)
    seal(plan(**changes), folder)
    recorder = Recorder(folder, "c0")
    for attempt in attempts:
        recorder.probe_begins(attempt.probe, attempt.number, attempt.requirements)
        for said in attempt.said:
            _state(recorder, attempt, said)
        if attempt.outcome is not None:
            recorder.probe_ends(attempt.probe, attempt.number, attempt.outcome, attempt.message)
    for other in traffic:
        recorder.record(replace(other, id=recorder.next_id()))
    recorder.close()
    if end is not None:
        (folder / "end.json").write_text(json.dumps({"format": 1, "ended_ms": CREATED_MS + 60_000, "reason": end, "detail": ""}))
    return Bundle(folder)


def _state(recorder: Recorder, attempt: Attempt, said: Said) -> None:
    kept = [recorder.record(replace(one, id=recorder.next_id(), probe=attempt.probe, attempt=attempt.number)) for one in said.exchanges]
    live = evaluate(said.expectation, kept, said.params, CONTEXT)
    recorder.statement(
        probe=attempt.probe, attempt=attempt.number, role=said.role, requirements=said.requirements, expectation=said.expectation,
        params=said.params, exchanges=[one.id for one in kept], live={"outcome": str(live.outcome), "message": live.message},
    )  # fmt: skip


# -- loads

START_US = 1_790_000_000_000_000


@dataclass
class Load:
    """A load's window: latencies in ms by scenario (NaN: failed), and what else was measured."""

    window_s: float = 300
    latency_ms: dict[str, Any] = field(default_factory=dict)
    outcome: str = "failed"
    """What became of arrivals without a latency."""
    status: int = 500
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    invalid: list[dict[str, str]] = field(default_factory=list)
    scheduled: dict[str, int] | None = None
    complete: bool = True
    query_class: str = "unique"
    operation: str = "discover_text"

    def write(self, folder: Path) -> None:
        counts = {name: len(values) for name, values in self.latency_ms.items()}
        document = {
            "format": 1, "load": "phase-0.3", "complete": self.complete, "window_start_us": START_US,
            "window_end_us": START_US + int(self.window_s * 1e6), "scheduled": counts if self.scheduled is None else self.scheduled,
            "invalid": self.invalid, "notes": [],
        }  # fmt: skip
        (folder / "load.json").write_text(json.dumps(document))
        for number, (name, values) in enumerate(self.latency_ms.items()):
            write_part(folder / "samples" / f"part-{number:05}.parquet", SAMPLES, self._samples(name, np.asarray(values, dtype=float)))
        for table, schema, rows in (("deliveries", DELIVERIES, self.deliveries), ("resources", RESOURCES, self.resources)):
            if rows:
                write_part(folder / table / "part-00001.parquet", schema, [tuple(row[name] for name in schema.names) for row in rows])

    def _samples(self, scenario: str, values: Any) -> list[tuple[Any, ...]]:
        step_us = self.window_s * 1e6 / len(values)
        rows = []
        for n, value in enumerate(values):
            at, lost = START_US + int(n * step_us), bool(np.isnan(value))
            latency = -1 if lost else int(value * 1000)
            outcome, status = (self.outcome, self.status) if lost else ("correct", 200)
            rows.append((scenario, self.operation, self.query_class, n, at, at, at, latency, latency, status, outcome, "", 10, "b1", "w0"))
        return rows


def delivery(sender: str = "a", to: str = "b", **changes: Any) -> dict[str, Any]:
    row = {
        "scenario": "connected-agents", "id": "i", "from_did": sender, "to_did": to, "kind": "INTENT", "intended_us": START_US + 1,
        "acknowledged_us": START_US + 2, "received_us": START_US + 3, "received_by": to, "times": 1, "confirmed_us": -1, "in_time": True,
    }  # fmt: skip
    return {**row, **changes}


def reading(at_s: float, **changes: Any) -> dict[str, Any]:
    """One second's resources of the broker: 100 MB, a tenth of a core."""
    row = {
        "time_us": START_US + int(at_s * 1e6), "role": "broker", "instance": "b1", "processes": 2, "rss_bytes": 200_000_000,
        "pss_bytes": 100_000_000, "hwm_bytes": 300_000_000, "cpu_s": 0.1 * at_s, "threads": 1, "fds": 1, "started_us": 0, "connections": -1,
    }  # fmt: skip
    return {**row, **changes}
