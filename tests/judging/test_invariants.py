"""Invariants over all traffic: what breaks them, what does not, and that silence shows nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ainp_harness.evidence.faults import Fault, outages
from ainp_harness.judging.expectation import Context
from ainp_harness.judging.findings import findings_of
from ainp_harness.judging.invariants import check_invariants, invariant_requirements
from ainp_harness.judging.verdict import Verdict
from ainp_harness.wire.binding_data import parse_binding
from ainp_harness.wire.exchange import Exchange
from tests.judging.evidence import (
    ALICE,
    BINDING_DATA,
    BOB,
    CONTEXT,
    CREATED_MS,
    PROMISES,
    error,
    exchange,
    intent,
    polled,
    socket,
    unanswered,
    write,
)
from tests.wire.exchanges import EXCHANGES


def violations(requirement: str, *exchanges: Exchange) -> list[str]:
    (result,) = [result for result in check_invariants(exchanges, CONTEXT) if result.requirement == requirement]
    assert not result.fault
    return [violation.message for violation in result.violations]


def body(text: str, status: int = 500, operation: str = "send_intent", **changes: Any) -> Exchange:
    return exchange(operation, status, {"error_code": "INTERNAL_ERROR", "error_message": text}, **changes)


SHAPES = [
    (error(400, "INVALID_ENVELOPE"), True),
    (error(503, "UNAVAILABLE"), True),
    (error(400), False),
    (exchange(status=404, body=b"<html>"), False),
    (exchange(status=404, body=[]), False),
    (exchange(status=400, body={"error_code": 7}), False),
    (error(500, "INTERNAL_ERROR"), False),
    (exchange("health", 503, {"status": "not_ready"}), True),
    (exchange(status=403, body=b"", method="OPTIONS"), True),
    (exchange(status=202), True),
    (unanswered(), True),
]


@pytest.mark.parametrize(("one", "clean"), SHAPES)
def test_errors_have_one_shape(one: Exchange, clean: bool) -> None:
    assert (violations("AINP-ERR-002", one) == []) is clean


def test_errors_carry_code_and_message() -> None:
    whole = {"msg_type": "ERROR", "error_code": "TIMEOUT", "error_message": "late", "intent_id": ""}

    for requirement in ("AINP-ERR-001", "AINP-ERR-006"):
        assert violations(requirement, exchange(status=410, body=whole), exchange("health", 503, {}), exchange(status=202)) == []
        assert violations(requirement, exchange(status=410, body={**whole, "error_code": "timeout"})) != []
        assert violations(requirement, exchange(status=410, body={**whole, "error_message": ""})) != []
        assert violations(requirement, exchange(status=429, body={**whole, "error_code": "RATE_LIMIT_EXCEEDED"})) != []


def test_an_error_is_an_error_message_with_the_id_of_what_it_answers() -> None:
    sent = intent("3c1f4b9e-5d0a-4c7e-9f21-6b8e2f0d7a11")
    whole = {"msg_type": "ERROR", "error_code": "TIMEOUT", "error_message": "late", "intent_id": sent["id"]}

    assert violations("AINP-ERR-006", exchange(status=410, body=whole, sent=sent)) == []
    assert violations("AINP-ERR-006", exchange(status=410, body={**whole, "intent_id": None}, sent=sent)) != []
    assert violations("AINP-ERR-006", exchange(status=410, body={**whole, "msg_type": None}, sent=sent)) != []
    assert violations("AINP-ERR-001", exchange(status=410, body={**whole, "msg_type": None}, sent=sent)) == []


INTERNALS = [
    "Traceback (most recent call last)",
    'File \\"/srv/app.py\\", line 3',
    "asyncpg.exceptions.UniqueViolationError",
    "insert into agents",
    "SELECT did FROM agents",
    "syntax error at or near",
    "relation agents does not exist",
    "postgresql://user@db/ainp",
    "redis://10.0.0.1",
    "at /usr/lib/node/x.js",
    "connect ECONNREFUSED 10.0.0.1:5432",
    "[Errno 111]",
    "goroutine 7 [running]",
]


@pytest.mark.parametrize("text", INTERNALS)
def test_no_internals_in_bodies(text: str) -> None:
    assert violations("AINP-ERR-003", body(text)) != []


@pytest.mark.parametrize("text", ["signature does not verify", "the path is unknown", "user not found", ""])
def test_plain_words_are_no_internals(text: str) -> None:
    assert violations("AINP-ERR-003", body(text)) == []


def test_what_we_sent_ourselves_may_come_back() -> None:
    query = "postgresql://x"
    own = body(query, 400, sent={"query": query})
    later = exchange("poll", 200, {"messages": [{"delivery_id": "d", "envelope": intent("i", text=query)}]})

    assert violations("AINP-ERR-003", own) == []
    assert violations("AINP-ERR-003", own, later) == [], "delivered to somebody else"
    assert violations("AINP-ERR-003", own, body(query, 400)) != [], "in an error that had nothing to do with it"
    assert violations("AINP-ERR-003", body("postgresql://", 400, target="/x?q=postgresql%3A%2F%2Fx")) == []


@pytest.mark.parametrize(
    ("text", "clean"), [("ok", True), ("PostgreSQL 16.2", False), ("redis v7.2", False), ("/var/lib/x", False), ("not_ready", True)]
)
def test_health_tells_nothing(text: str, clean: bool) -> None:
    assert (violations("AINP-HLT-008", exchange("ready", 503, {"status": text})) == []) is clean


def test_a_replay_is_not_accepted() -> None:
    first, second = (exchange(sent=intent(identifier)) for identifier in ("i1", "I1"))

    assert violations("AINP-RPL-001", first, exchange(sent=intent("i2"))) == []
    assert violations("AINP-RPL-001", first, replace(second, response=error(409).response)) == []
    assert violations("AINP-RPL-001", first, exchange(sent=intent("i1", from_did=BOB))) == [], "another sender's id"
    assert len(violations("AINP-RPL-001", first, second)) == 1


def test_nobody_sees_anothers_message() -> None:
    assert violations("AINP-INT-003", polled(intent(), by=BOB), socket(intent(), by=BOB)) == []
    assert len(violations("AINP-INT-003", polled(intent(), by=ALICE))) == 1
    assert len(violations("AINP-INT-003", socket(intent(), by=ALICE))) == 1
    assert violations("AINP-INT-003", polled({"id": "i", "to_query": {}}, by=ALICE)) == []
    without_id = exchange("poll", 200, {"messages": [{"envelope": intent()}]}, by=ALICE)
    assert len(violations("AINP-INT-003", without_id)) == 1, "a message without a delivery id was delivered as well"


def test_without_traffic_nothing_is_observed(tmp_path: Any) -> None:
    findings = findings_of(write(tmp_path / "run"), CONTEXT, PROMISES.requirements)

    for requirement in invariant_requirements():
        assert [finding.verdict for finding in findings[requirement]] == [Verdict.NOT_OBSERVED], requirement


def test_a_violation_fails_and_says_how_many(tmp_path: Any) -> None:
    bundle = write(tmp_path / "run", traffic=[body("Traceback (most recent call last)")] * 12 + [body("fine")])
    findings = findings_of(bundle, CONTEXT, PROMISES.requirements)["AINP-ERR-003"]

    assert {finding.verdict for finding in findings} == {Verdict.FAIL}
    assert len(findings) == 10
    assert "12 of 13 looked at" in findings[0].message


def test_clean_traffic_passes(tmp_path: Any) -> None:
    findings = findings_of(write(tmp_path / "run", traffic=[error(400, "INVALID_ENVELOPE")]), CONTEXT, PROMISES.requirements)

    assert [finding.verdict for finding in findings["AINP-ERR-002"]] == [Verdict.PASS]
    assert findings["AINP-ERR-002"][0].message == "1 looked at"


OPERATIONS = st.sampled_from(["send_intent", "poll", "websocket", "health", "none"])
PLACES = st.sampled_from(["messages", "messages[].envelope", "messages[]", "", "a.b"])
BODIES = st.sampled_from(
    [b'{"messages": 5}', b'{"messages": [1, {"envelope": 2}]}', b'{"messages": {"envelope": {}}}', b"[]", b"5", b'{"error_code": 1}']
)


@given(st.lists(EXCHANGES, max_size=3), OPERATIONS, PLACES, PLACES, BODIES)
def test_whatever_was_recorded_and_wherever_a_binding_looks(some: list[Exchange], operation: str, ids: str, at: str, data: bytes) -> None:
    odd = parse_binding({**BINDING_DATA, "poll": {**BINDING_DATA["poll"], "pick": {"delivery_ids": ids, "envelopes": at}}})
    traffic = [replace(one, operation=operation) for one in some] + [exchange(operation, 200, data), exchange("poll", 200, data)]

    assert [result.fault for result in check_invariants(traffic, Context(odd)) if result.fault] == []


def fault(action: str, at_ms: float, role: str = "nats", ok: bool = True) -> Fault:
    return Fault(f"f{at_ms}", "p", 1, role, action, CREATED_MS + at_ms, CREATED_MS + at_ms + 10, ok)


OUTAGE = (fault("stop", 0), fault("start", 5_000))


@pytest.mark.parametrize(
    ("at_ms", "seen", "broken"),
    [
        (1_000, 0, 0),  # it may not have noticed yet
        (3_000, 1, 1),
        (5_200, 0, 0),  # it is back
    ],
)
def test_nobody_is_ready_while_a_service_is_known_to_be_down(at_ms: float, seen: int, broken: int) -> None:
    asked = exchange("ready", 200, {}, started_ms=CREATED_MS + at_ms)
    (result,) = [one for one in check_invariants([asked], CONTEXT, OUTAGE) if one.name == "never_ready_without_a_service"]
    assert (result.seen, len(result.violations)) == (seen, broken)


def test_nothing_is_acknowledged_while_nats_is_down() -> None:
    taken, refused = (replace(one, started_ms=CREATED_MS + 100) for one in (exchange(sent=intent()), error(503, "UNAVAILABLE")))
    for faults, broken in ((OUTAGE, 1), ((), 0), ((fault("stop", 0, "redis"), fault("start", 5_000, "redis")), 0)):
        (result,) = [one for one in check_invariants([taken, refused], CONTEXT, faults) if one.requirement == "AINP-INT-012"]
        assert len(result.violations) == broken


def test_an_outage_that_never_ended_or_never_began_is_none() -> None:
    assert outages([fault("stop", 0)]) == []
    assert outages([fault("stop", 0, ok=False), fault("start", 5_000)]) == []
    assert [(one.from_ms, one.until_ms) for one in outages(OUTAGE)] == [(CREATED_MS + 10, CREATED_MS + 5_000)]
