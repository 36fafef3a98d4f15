"""What the expectations about faults and operations call held, what broken, and what they cannot tell: rows of their table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ainp_harness.wire.exchange import Exchange, Failure, FailureKind
from tests.judging.evidence import CREATED_MS, error, exchange, unanswered

HELD, BROKEN, NOT_SHOWN = "held", "broken", "not_shown"

SINCE = {"since_ms": CREATED_MS, "within_ms": 2_000}


def look(kind: str, found: Any, question: str = "q") -> Exchange:
    """A look at a service, a log or a command, with what it found."""
    return replace(exchange(kind, 200, found), kind=kind, request=replace(exchange().request, method="ASK", target=question))


NO_LOOK = exchange("database", None, failure=Failure(FailureKind.LOCAL, "ConnectionRefusedError"))


def ready(after_ms: float, **checks: str) -> Exchange:
    """An answer of ready that came so long after the fault."""
    told = {"database": "ok", "redis": "ok", "nats": "ok", **checks}
    status = 200 if set(told.values()) == {"ok"} else 503
    return exchange("ready", status, {"status": "x", "checks": told}, started_ms=CREATED_MS + after_ms - 5)


def snapshot(rows: int = 2, digest: str = "d", columns: dict[str, str] | None = None, **tables: Any) -> Exchange:
    schema = {"columns": columns or {"agents.did": "text"}, "indexes": {}, "constraints": {}}
    return look("database", {"schema": schema, "tables": {"agents": {"rows": rows, "digest": digest}, **tables}})


def stream(**changes: Any) -> Exchange:
    return look("stream", {"ainp-intents": {"storage": "file", "max_age_s": 604_800, "holds": True, **changes}})


def log(*lines: str, **secrets: int) -> Exchange:
    return look("logs", {"lines": list(lines), "secrets": secrets})


def container(**changes: Any) -> Exchange:
    return look("container", {"uids": [1001], "layers": 9, "files": 20, "secrets": [], **changes})


KEEPS = {"stream": "ainp-intents", "storage": "file", "max_age_s": 604_800}
POSTGRES = {"version": 160_004, "extensions": {"vector": "0.8.0"}}
REDIS = {"redis_version": "7.2.4", "maxmemory": 536_870_912, "maxmemory_policy": "allkeys-lru", "aof_enabled": 0}
NATS = {"version": "2.10.4-beta.1", "jetstream": True}
SCHEMA = {"versions": ["0.1.1"], "extensions": {"vector": "0.8.0"}}
WANTED = {"version": "0.1.1", "extension": "vector"}
REPLAY = {"event": "a replay", "words": "replay|duplicate", "marks": ["did:key:a", "i1"]}
AWAY = {**SINCE, "dependency": "redis"}
AT_WORK = replace(exchange(), duration_ms=100.0)
BUSY = {"told_ms": CREATED_MS + 50}
RETRY_LATER = error(503, "UNAVAILABLE", headers={"retry-after": "1"})

ROWS: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    ("unready_within", [ready(50), ready(900, redis="error"), ready(2_100, redis="error")], AWAY, HELD),
    ("unready_within", [ready(50), ready(2_100, redis="error")], AWAY, BROKEN),  # too late
    ("unready_within", [ready(900, nats="error"), ready(2_100, nats="error")], AWAY, BROKEN),  # another one is named
    ("unready_within", [ready(900, redis="no", nats="no", database="no"), ready(2_100)], AWAY, BROKEN),  # all are blamed, so none is named
    ("unready_within", [ready(900, redis="error"), ready(2_100)], AWAY, BROKEN),  # ready again, and it is still down
    ("unready_within", [ready(50), ready(2_100)], AWAY, BROKEN),
    ("unready_within", [ready(50)], AWAY, NOT_SHOWN),  # not asked for long enough
    ("ready_within", [ready(50, redis="error"), ready(500)], SINCE, HELD),
    ("ready_within", [ready(50, redis="error"), ready(2_500)], SINCE, BROKEN),
    ("ready_within", [ready(50), ready(2_500, redis="error")], SINCE, BROKEN),
    ("ready_within", [ready(50, redis="error")], SINCE, NOT_SHOWN),
    ("answers_within", [exchange("health", 200)], {"statuses": [200], "within_ms": 1_000}, HELD),
    ("answers_within", [exchange("health", 503)], {"statuses": [200], "within_ms": 1_000}, BROKEN),
    ("answers_within", [exchange("health", 200, duration_ms=1_001.0)], {"statuses": [200], "within_ms": 1_000}, BROKEN),
    ("answers_within", [unanswered("health")], {"statuses": [200], "within_ms": 1_000}, BROKEN),
    ("unavailable", [RETRY_LATER], {}, HELD),
    ("unavailable", [exchange(status=503, body={"retry_after_ms": 500})], {}, HELD),
    ("unavailable", [error(503, "UNAVAILABLE")], {}, BROKEN),
    ("unavailable", [RETRY_LATER, exchange()], {}, BROKEN),
    ("unavailable", [error(500, "INTERNAL_ERROR")], {}, BROKEN),
    ("unavailable", [unanswered()], {}, BROKEN),
    ("finished", [AT_WORK], BUSY, HELD),
    ("finished", [AT_WORK, unanswered(kind=FailureKind.CLOSED)], BUSY, BROKEN),
    ("finished", [replace(AT_WORK, duration_ms=10.0)], BUSY, NOT_SHOWN),  # was done before
    # operations
    ("command_succeeded", [look("command", {"code": 0, "output": "done"})], {}, HELD),
    ("command_succeeded", [look("command", {"code": 1, "output": "no"})], {}, BROKEN),
    ("command_succeeded", [look("command", {"code": None, "output": ""})], {}, BROKEN),
    ("command_succeeded", [NO_LOOK], {}, NOT_SHOWN),
    ("schema_is", [look("database", SCHEMA)], WANTED, HELD),
    ("schema_is", [look("database", {**SCHEMA, "versions": ["0.1.0", "0.1.1"]})], WANTED, HELD),
    ("schema_is", [look("database", {**SCHEMA, "versions": ["0.1.1", "0.1.10"]})], WANTED, BROKEN),
    ("schema_is", [look("database", {**SCHEMA, "versions": []})], WANTED, BROKEN),
    ("schema_is", [look("database", {**SCHEMA, "extensions": {}})], WANTED, BROKEN),
    ("schema_is", [NO_LOOK], WANTED, NOT_SHOWN),
    ("changed_nothing", [snapshot(), snapshot(), snapshot()], {}, HELD),
    ("changed_nothing", [snapshot(1), snapshot(), snapshot(3)], {}, HELD),  # it changes by itself
    ("changed_nothing", [snapshot(), snapshot(3), snapshot(3)], {}, BROKEN),
    ("changed_nothing", [snapshot(), snapshot(columns={"agents.did": "uuid"}), snapshot()], {}, BROKEN),
    ("changed_nothing", [snapshot(), snapshot(), NO_LOOK], {}, NOT_SHOWN),
    ("restored", [snapshot(), snapshot(3, "e"), snapshot(3, "e")], {}, HELD),
    ("restored", [snapshot(), snapshot(), snapshot(1)], {}, BROKEN),
    ("restored", [snapshot(), snapshot(), snapshot(digest="other")], {}, BROKEN),
    ("restored", [snapshot(credits={"rows": 1, "digest": "c"}), snapshot(), snapshot()], {}, BROKEN),
    ("restored", [snapshot(0), snapshot(0), snapshot(0)], {}, NOT_SHOWN),
    ("postgres_is", [look("database", POSTGRES)], {"major": 16, "extension": "vector"}, HELD),
    ("postgres_is", [look("database", POSTGRES)], {"major": 17, "extension": "vector"}, BROKEN),
    ("postgres_is", [look("database", {**POSTGRES, "extensions": {}})], {"major": 16, "extension": "vector"}, BROKEN),
    ("postgres_is", [NO_LOOK], {"major": 16, "extension": "vector"}, NOT_SHOWN),
    ("redis_is", [look("cache", REDIS)], {"major": 7, "policy": "allkeys-lru"}, HELD),
    ("redis_is", [look("cache", {**REDIS, "redis_version": "6.2.14"})], {"major": 7, "policy": "allkeys-lru"}, BROKEN),
    ("redis_is", [look("cache", {**REDIS, "maxmemory": 0})], {"major": 7, "policy": "allkeys-lru"}, BROKEN),
    ("redis_is", [look("cache", REDIS)], {"major": 7, "policy": "noeviction"}, BROKEN),
    ("redis_is", [look("cache", {**REDIS, "aof_enabled": 1})], {"major": 7, "policy": "allkeys-lru"}, BROKEN),
    ("nats_is", [look("stream", NATS)], {"version": [2, 10]}, HELD),
    ("nats_is", [look("stream", {**NATS, "version": "2.9.25"})], {"version": [2, 10]}, BROKEN),
    ("nats_is", [look("stream", {**NATS, "jetstream": False})], {"version": [2, 10]}, BROKEN),
    ("keeps_intents", [stream()], KEEPS, HELD),
    ("keeps_intents", [stream(storage="memory")], KEEPS, BROKEN),
    ("keeps_intents", [stream(max_age_s=86_400)], KEEPS, BROKEN),
    ("keeps_intents", [stream(holds=False)], KEEPS, BROKEN),
    ("keeps_intents", [look("stream", {})], KEEPS, BROKEN),
    ("keeps_intents", [NO_LOOK], KEEPS, NOT_SHOWN),
    ("logged", [log("started", '{"event": "Replay", "did": "did:key:a"}')], REPLAY, HELD),
    ("logged", [log("DUPLICATE_INTENT of message i1")], REPLAY, HELD),
    ("logged", [log("replay by did:key:other", "POST by did:key:a 409")], REPLAY, BROKEN),
    ("logged", [log()], REPLAY, BROKEN),
    ("logged", [NO_LOOK], REPLAY, NOT_SHOWN),
    ("no_secret_logged", [log("a line")], {}, HELD),
    ("no_secret_logged", [log("a line", NATS_URL=1)], {}, BROKEN),
    ("runs_unprivileged", [container()], {"uid": 1001}, HELD),
    ("runs_unprivileged", [container(uids=[0, 1001])], {"uid": 1001}, BROKEN),
    ("runs_unprivileged", [container(secrets=["the file /app/.env"])], {"uid": 1001}, BROKEN),
    ("runs_unprivileged", [container(uids=[])], {"uid": 1001}, NOT_SHOWN),
]
