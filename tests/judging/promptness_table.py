"""The table of promptness: how long answers may take, and looks at logs, indexes and Redis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ainp_harness.judging.verdict import Outcome
from ainp_harness.wire.exchange import Exchange
from tests.judging.evidence import exchange, unanswered

HELD, BROKEN, NOT_SHOWN = (str(outcome) for outcome in (Outcome.HELD, Outcome.BROKEN, Outcome.NOT_SHOWN))

LINE = '{"event": "x", "level": "info", "timestamp": "2026-11-24T00:00:00Z"}'


def took(*durations_ms: float) -> list[Exchange]:
    return [replace(exchange("health", 200, {}), duration_ms=duration) for duration in durations_ms]


def look(answer: Any) -> list[Exchange]:
    return [exchange("database", 200, answer)]


TWENTY = {"share": 0.95, "within_ms": 500}

PROMPTNESS: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    ("prompt", took(*[10] * 19, 9_000), TWENTY, HELD),  # one of 20 is beyond the 95 %
    ("prompt", took(*[10] * 18, 501, 9_000), TWENTY, BROKEN),
    ("prompt", [*took(10), exchange("health", 503, {})], TWENTY, BROKEN),
    ("prompt", took(700), {"share": 1.0, "within_ms": 1_000, "aim_ms": 500}, HELD),
    ("logs_are_structured", look({"lines": [LINE, LINE]}), {}, HELD),
    ("logs_are_structured", look({"lines": [LINE, "INFO: started"]}), {}, BROKEN),
    ("logs_are_structured", look({"lines": ['{"event": "x"}']}), {}, BROKEN),
    ("logs_are_structured", look({"lines": []}), {}, NOT_SHOWN),
    ("has_index", look({"a": "CREATE INDEX a ON t USING hnsw (e)"}), {"method": "hnsw"}, HELD),
    ("has_index", look({"a": "CREATE INDEX a ON t USING btree (e)"}), {"method": "hnsw"}, BROKEN),
    ("has_index", [unanswered("database")], {"method": "hnsw"}, NOT_SHOWN),
    ("keeps_and_forgets", look({"set": "a", "got": "a", "after": None}), {}, HELD),
    ("keeps_and_forgets", look({"set": "a", "got": "b", "after": None}), {}, BROKEN),
    ("keeps_and_forgets", look({"set": "a", "got": "a", "after": "a"}), {}, BROKEN),
]
