"""Rows of the table of expectations: bursts and rates, and what single connections show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ainp_harness.wire.exchange import Body, Exchange, Failure, FailureKind, Frame, Request
from tests.judging.evidence import CREATED_MS, error, exchange, intent, socket, unanswered

HELD, BROKEN, NOT_SHOWN, DISPUTED = "held", "broken", "not_shown", "disputed"

LIMITED = error(429, "RATE_LIMIT_EXCEEDED", headers={"retry-after": "30"})
UNNAMED = error(429, "SLOW_DOWN")


def over(seconds: float, passed: int, limited: int = 0) -> list[Exchange]:
    """So many, spread evenly over this time, those that pass first."""
    made = [exchange()] * passed + [LIMITED] * limited
    step = seconds * 1000 / len(made)
    return [replace(one, started_ms=CREATED_MS + number * step) for number, one in enumerate(made)]


def bucket(minutes: int) -> list[Exchange]:
    """Twice the rate of a hundred a minute, through a bucket of two hundred."""
    made, tokens = [], 200.0
    for number in range(200 * minutes):
        tokens = min(200.0, tokens + (0.5 if number else 0))
        passes = tokens >= 1
        tokens -= passes
        made.append(replace(exchange() if passes else LIMITED, started_ms=CREATED_MS + number * 300))
    return made


def hard(minutes: int) -> list[Exchange]:
    """The same through a window that holds a hundred."""
    return [replace(exchange() if number % 200 < 100 else LIMITED, started_ms=CREATED_MS + number * 300) for number in range(200 * minutes)]


def raw(sent: int, status: int | None = None, failure: FailureKind | None = None) -> Exchange:
    made = exchange(status=status, failure=Failure(failure, "gone") if failure else None)
    return replace(made, kind="raw", request=Request("POST", "/x", {}, Body(b"", sent)))


def port(said: str | None = None, kind: FailureKind = FailureKind.CONNECT) -> Exchange:
    made = unanswered("port", kind) if said is None else replace(exchange("port", None), failure=None)
    return replace(made, kind="raw", frames=() if said is None else (Frame(CREATED_MS, False, said),))


def slow(**changes: Any) -> Exchange:
    return exchange(duration_ms=2_500.0, **changes)


def idle(*tags: str, close_code: int | None = None) -> Exchange:
    return replace(socket(intent("i1"), close_code=close_code), tags=tags)


BETWEEN = {"at_least": 101, "at_most": 200, "window_s": 10}
RATE = {"limit": 100, "window_s": 60, "burst": 200, "at_least": 270}
NO_WINDOW = {"limit": 100, "window_s": 60, "at_least": 270}
EARLY = {"announced": 100_000_000, "within": 2_000_000}
BOTH = {
    "erratum": "ERRATUM-05",
    "readings": {
        "hard": {"expectation": "limited_after", "limit": 100, "window_s": 60},
        "burst": {"expectation": "passes_between", **BETWEEN},
    },
}

ROWS: list[tuple[str, list[Exchange], dict[str, Any], str]] = [
    ("passes_between", over(2, 200, 20), BETWEEN, HELD),
    ("passes_between", over(2, 201, 19), BETWEEN, BROKEN),
    ("passes_between", over(11, 201, 19), BETWEEN, NOT_SHOWN),  # more than a burst, in more than its time
    ("passes_between", over(11.2, 400), BETWEEN, BROKEN),  # in more than its time, and far too many within it
    ("passes_between", over(2, 100, 120), BETWEEN, BROKEN),
    ("passes_between", over(2, 150), BETWEEN, NOT_SHOWN),  # too few to tell
    ("passes_between", over(2, 50), BETWEEN, NOT_SHOWN),
    ("passes_between", over(2, 50, 20), BETWEEN, BROKEN),  # enough: the limit was met
    ("passes_between", [*over(2, 200, 20), UNNAMED], BETWEEN, BROKEN),
    ("passes_between", [*over(2, 200, 20), unanswered()], BETWEEN, NOT_SHOWN),
    ("passes_between", [*over(2, 200, 20), error(503)], BETWEEN, NOT_SHOWN),
    ("passes_between", [error(401)] * 220, BETWEEN, NOT_SHOWN),
    ("passes_between", over(2, 200, 20), {"at_least": 200, "window_s": 10}, HELD),
    ("passes_between", over(2, 150, 70), {"at_least": 200, "window_s": 10}, BROKEN),
    ("passes_between", [*over(2, 200, 20), *[exchange("poll", 200)] * 30], {**BETWEEN, "operation": "send_intent"}, HELD),
    ("follows_reading", over(2, 100, 120), BOTH, HELD),
    ("follows_reading", over(2, 200, 20), BOTH, DISPUTED),
    ("follows_reading", over(2, 220), BOTH, BROKEN),
    ("follows_reading", over(2, 50, 55), BOTH, BROKEN),
    ("passes_at_rate", bucket(3), RATE, HELD),
    ("passes_at_rate", over(180, 600), RATE, BROKEN),
    ("passes_at_rate", hard(3), RATE, BROKEN),  # no burst at all
    ("passes_at_rate", bucket(3)[:200], RATE, NOT_SHOWN),
    ("passes_at_rate", over(180, 100, 500), RATE, BROKEN),
    ("passes_no_window_over", hard(3), NO_WINDOW, HELD),
    ("passes_no_window_over", bucket(3), NO_WINDOW, BROKEN),
    ("passes_no_window_over", over(180, 100, 500), NO_WINDOW, BROKEN),
    ("passes_no_window_over", over(180, 290), NO_WINDOW, NOT_SHOWN),
    ("accepted_within", [exchange(), exchange("health", 200)], {"limit_ms": 2_000}, HELD),
    ("accepted_within", [exchange(), slow()], {"limit_ms": 2_000}, BROKEN),
    ("accepted_within", [unanswered()], {"limit_ms": 2_000}, BROKEN),
    ("accepted_within", [LIMITED], {"limit_ms": 2_000}, NOT_SHOWN),
    ("connected", [raw(3, failure=FailureKind.TIMEOUT), raw(1, 408)], {}, HELD),
    ("connected", [raw(0, failure=FailureKind.CONNECT)], {}, BROKEN),
    ("connected", [raw(0, failure=FailureKind.LOCAL)], {}, NOT_SHOWN),
    ("refused_early", [raw(65_536, 413), raw(131_072, failure=FailureKind.CLOSED)], EARLY, HELD),
    ("refused_early", [raw(2_000_000, 413)], EARLY, BROKEN),
    ("refused_early", [raw(65_536, 202)], EARLY, BROKEN),
    ("refused_early", [raw(65_536, failure=FailureKind.TIMEOUT)], EARLY, BROKEN),
    ("refused_early", [raw(0, failure=FailureKind.CONNECT)], EARLY, NOT_SHOWN),
    ("survives_idleness", [idle("pinged", "ponged", "pinged", "ponged")], {}, HELD),
    ("survives_idleness", [idle("pinged", "ponged", "pinged")], {}, BROKEN),
    ("survives_idleness", [idle(close_code=1001)], {}, BROKEN),
    ("survives_idleness", [socket(status=401)], {}, NOT_SHOWN),
    ("does_not_speak", [port(), port(kind=FailureKind.TIMEOUT), port("HTTP/1.1 400 Bad Request")], {"pattern": "INFO "}, HELD),
    ("does_not_speak", [port("INFO {}")], {"pattern": "INFO "}, BROKEN),
    ("does_not_speak", [port(kind=FailureKind.LOCAL)], {"pattern": "INFO "}, NOT_SHOWN),
]
