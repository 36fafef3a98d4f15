"""A realistic run bundle on disk: plan, exchanges, expectations, load, samples, resources and ending, as docs/bundle-format.md says."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ainp_harness.promises.vocabulary import Depth
from tests.reports.sample import FAILURES, START_US, requirements

WARMUP_S, WINDOW_S = 5, 15
RATES = {"discovery-text": 525, "connected-agents": 99, "mailbox": 108, "readiness": 240}
MEDIANS_MS = {"discovery-text": 11.0, "connected-agents": 8.0, "mailbox": 3.0, "readiness": 1.2}


def write_bundle(folder: Path, *, failed: bool = False, load: bool = True, ended: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    plan = {
        "tool": {"name": "ainp-harness", "version": "0.1.0"},
        "profile": {"name": "phase-0.3", "digest": "sha256:" + "5e" * 32},
        "binding": {"name": "reference", "digest": "sha256:" + "1c" * 32},
        "host": {"system": "Linux 6.8", "cpu": "AMD EPYC 7B13", "cores": 2, "memory_mb": 7940, "python": "3.11.9"},
        "declared": {"instance": "broker-1", "revision": "3f9c2ab", "source": "capabilities"},
    }
    _json(folder / "run.json", {"format": 1, "digest": "sha256:" + "ab" * 32, "plan": plan})
    write_lines(folder / "exchanges" / "c0.jsonl", exchanges())
    write_lines(folder / "expectations" / "c0.jsonl", statements())
    if load:
        write_load(folder, slow=failed)
    if ended:
        _json(folder / "end.json", {"format": 1, "ended_ms": START_US / 1000 + 24_000, "reason": "completed", "detail": ""})
    return folder


def exchanges() -> list[dict[str, Any]]:
    body = json.dumps(
        {
            "version": "0.1.0",
            "msg_type": "INTENT",
            "id": "0190f2d8-6b1e-7c3a-9a41-2d1f0c8e7b55",
            "from_did": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
            "to_did": "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
            "ttl": 60000,
            "schema": "https://ainp.dev/intents/request-meeting/v1",
            "payload": {"@type": "REQUEST_MEETING", "duration": "PT30M"},
            "sig": "5Yk…",
        }
    )
    answers: list[tuple[str, int, str]] = [
        ("c0-1", 202, '{"id":"0190f2d8-6b1e-7c3a-9a41-2d1f0c8e7b55","status":"queued"}'),
        ("c0-2", 202, '{"id":"0190f2d8-6b1e-7c3a-9a41-2d1f0c8e7b55","status":"queued"}'),
        ("c0-3", 202, '{"status":"queued"}'),
        ("c0-4", 500, '{"detail":"asyncpg.exceptions.UniqueViolationError <script>alert(1)</script> \u001b[31m"}'),
        ("c0-5", 429, '{"msg_type":"ERROR","error":{"code":"RATE_LIMIT_EXCEEDED","retry_after_ms":41000}}'),
    ]
    return [
        {
            "id": one,
            "kind": "http",
            "probe": "x",
            "attempt": 1,
            "operation": "send_intent",
            "tags": [],
            "started_ms": START_US / 1000,
            "duration_ms": 4.217,
            "request": {
                "method": "POST",
                "target": "/api/v1/intents",
                "headers": {"content-type": "application/json", "authorization": "[redacted]"},
                "body": {"text": body},
            },
            "response": {
                "status": status,
                "headers": {"content-type": "application/json", "x-ainp-instance": "broker-1"},
                "body": {"text": text},
            },
            "failure": None,
            "frames": [],
            "close_code": None,
        }
        for one, status, text in answers
    ]


def statements() -> list[dict[str, Any]]:
    params = {
        "AINP-SIG-003": {"codes": ["INVALID_SIGNATURE"], "status": [401]},
        "AINP-RPL-002": {"codes": ["DUPLICATE_INTENT"], "status": [409]},
        "AINP-ERR-003": {},
    }
    areas = {one.id: one.area for one in requirements(Depth.QUICK)}
    return [
        {
            "type": "statement",
            "probe": f"test_{areas[one]}.py::test_{one[-3:]}",
            "attempt": 1,
            "role": "claim",
            "requirements": [one],
            "expectation": name,
            "params": params[one],
            "exchanges": ids,
            "live": {"outcome": "broken", "message": message},
        }
        for one, (name, message, ids) in FAILURES.items()
    ]


def write_load(folder: Path, *, slow: bool = False, seconds: int = WARMUP_S + WINDOW_S) -> None:
    random = np.random.default_rng(7)
    window = START_US + WARMUP_S * 1_000_000
    rows: dict[str, list[Any]] = {
        name: []
        for name in (
            "scenario",
            "operation",
            "query_class",
            "arrival",
            "intended_us",
            "dispatched_us",
            "sent_us",
            "latency_us",
            "service_us",
            "status",
            "outcome",
            "error_code",
            "bytes",
            "instance",
            "worker",
        )
    }
    for scenario, per_minute in RATES.items():
        count = int(per_minute / 60 * seconds)
        intended = START_US + ((np.arange(count) + random.random(count)) * 60e6 / per_minute).astype(np.int64)
        second = (intended - START_US) / 1e6
        latency = (MEDIANS_MS[scenario] * 1000 * random.lognormal(0, 0.35, count) * np.where(second < 2, 4, 1)).astype(np.int64)
        if slow:
            latency = np.where((second > 11) & (second < 15), latency + ((15 - second) * 420_000).astype(np.int64), latency)
        outcome = np.full(count, "correct", dtype=object)
        if slow:
            outcome[(second > 14) & (second < 15) & (random.random(count) < 0.3)] = "failed"
            outcome[(second > 13.4) & (second < 13.8)] = "unsent"
        latency[outcome != "correct"] = -1
        late = (random.lognormal(0, 0.5, count) * 45).astype(np.int64)
        rows["scenario"] += [scenario] * count
        rows["operation"] += ["discover_text"] * count
        rows["query_class"] += ["unique"] * count
        rows["arrival"] += list(range(count))
        rows["intended_us"] += intended.tolist()
        rows["dispatched_us"] += (intended + late).tolist()
        rows["sent_us"] += (intended + late + 20).tolist()
        rows["latency_us"] += latency.tolist()
        rows["service_us"] += latency.tolist()
        rows["status"] += [200] * count
        rows["outcome"] += outcome.tolist()
        rows["error_code"] += [""] * count
        rows["bytes"] += [512] * count
        rows["instance"] += ["broker-1"] * count
        rows["worker"] += ["w0"] * count
    (folder / "samples").mkdir(exist_ok=True)
    table = pa.table(rows)
    half = table.num_rows // 2
    pq.write_table(table.slice(0, half), folder / "samples" / "part-00000.parquet")
    pq.write_table(table.slice(half), folder / "samples" / "part-00001.parquet")
    _write_resources(folder, random, seconds)
    scheduled = {name: int(rate / 60 * WINDOW_S) for name, rate in RATES.items()}
    _json(
        folder / "load.json",
        {
            "format": 1,
            "load": "phase-0.3",
            "complete": True,
            "started_us": START_US,
            "window_start_us": window,
            "window_end_us": window + WINDOW_S * 1_000_000,
            "warmup_s": WARMUP_S,
            "duration_s": WINDOW_S,
            "workers": 1,
            "parts": [],
            "scheduled": scheduled,
            "agents": 99,
            "transport": "websocket",
            "setup": {"registered": 99, "failed": 0},
            "generator": {"cpu_share_p95": 0.2, "lateness_p99_us": 310, "loop_lag_max_us": 2100, "clock_step_us": 12, "calibration": None},
            "invalid": [],
            "notes": [],
        },
    )


def _write_resources(folder: Path, random: np.random.Generator, seconds: int) -> None:
    rows = []
    spent = 0.0
    for second in range(seconds + 1):
        spent += 0.15 + 0.08 * random.random()
        shared = {
            "time_us": START_US + second * 1_000_000,
            "processes": 1,
            "hwm_bytes": 170_000_000,
            "threads": 9,
            "fds": 140,
            "started_us": START_US - 30_000_000,
            "connections": 8,
        }
        memory = int(140e6 + 24e6 * (1 - math.exp(-second / 6)) + 4e5 * random.random())
        rows.append(
            shared | {"role": "broker", "instance": "broker-1", "rss_bytes": memory + 9_000_000, "pss_bytes": memory, "cpu_s": spent}
        )
        rows.append(shared | {"role": "generator", "instance": "w0", "rss_bytes": 90_000_000, "pss_bytes": 88_000_000, "cpu_s": spent / 2})
    (folder / "resources").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "resources" / "part-00000.parquet")


def write_lines(path: Path, entries: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def _json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value))
