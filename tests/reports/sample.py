"""A realistic verdict, with the real ids and statements of profile phase-0.3, for tests and for looking at."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

from ainp_harness.judging.verdict import (
    OUTSIDE_SCOPE,
    ConditionVerdict,
    Finding,
    RequirementVerdict,
    RunSummary,
    RunVerdict,
    TargetVerdict,
    Verdict,
)
from ainp_harness.promises.vocabulary import Depth, Level, Need

START_US = 1_790_000_000_000_000
REACH = (Need.CONTROL, Need.LOGS, Need.RESOURCES, Need.DATABASE, Need.STREAM, Need.ORIGIN, Need.DIDWEB_HOST)


FAILURES = {
    "AINP-SIG-003": ("refused", "accepted with 202, although one byte of the payload was changed after signing", ["c0-1", "c0-2"]),
    "AINP-RPL-002": ("refused", "the second copy was answered with 202 and delivered to bob twice", ["c0-3"]),
    "AINP-ERR-003": ("no_internals", "the body shows 'asyncpg.exceptions.UniqueViolationError' <script>alert(1)</script>", ["c0-4"]),
}


def requirements(depth: Depth) -> list[RequirementVerdict]:
    listed = []
    for line in (Path(__file__).parent / "requirements.txt").read_text().splitlines():
        identifier, area, level, at, needs, statement, source = line.split("|")
        wanted = tuple(Need(need) for need in needs.split(",") if need)
        verdict, reason = Verdict.PASS, ""
        if any(need not in REACH for need in wanted):
            verdict, reason = Verdict.OUT_OF_REACH, f"needs {', '.join(wanted)}"
        elif not depth.reaches(Depth(at)):
            verdict, reason = Verdict.DEFERRED, f"needs depth {at}"
        elif area == "negotiation":
            verdict, reason = Verdict.NOT_APPLICABLE, "the broker does not declare negotiation"
        listed.append(
            RequirementVerdict(
                id=identifier,
                area=area,
                level=Level(level),
                statement=statement,
                source=source,
                depth=Depth(at),
                needs=wanted,
                verdict=verdict,
                reason=reason,
                attempts=1 if verdict is Verdict.PASS else 0,
                findings=(Finding(Verdict.PASS, "held", probe=f"test_{area}.py::test_it", expectation="accepted"),)
                if verdict is Verdict.PASS
                else (),
            )
        )
    return listed


def targets(*, failed: bool) -> tuple[TargetVerdict, ...]:
    seen = Verdict.DEFERRED
    quick = "15 s are too short to judge it; 300 s would do"
    return (
        TargetVerdict(
            "AINP-PRF-001",
            "Health check p95 under 500 ms, under the phase load",
            "readiness",
            "latency.p95",
            "<",
            500,
            "ms",
            Verdict.FAIL if failed else seen,
            "the 99.9 % lower bound of the exceeding share is 31 %, far over 5 %" if failed else quick,
            value=812.4 if failed else 2.31,
            low=640.0 if failed else 1.9,
            high=math.inf if failed else 3.4,
            samples=60,
            indicated=not failed,
            note="round trip included",
        ),
        TargetVerdict(
            "AINP-PRF-002",
            "500 discovery requests a minute are served (aim 1,000)",
            "discovery-text",
            "goodput.ratio",
            ">=",
            99,
            "%",
            seen,
            quick,
            value=97.7 if failed else 100.0,
            low=95.4 if failed else 97.7,
            high=99.2 if failed else 100.0,
            samples=131,
            indicated=True,
            aim="1,000 a minute: not shown",
            conditions=(
                ConditionVerdict("blocks-95", Verdict.PASS, "every 10 s block has at least 95 % correct"),
                ConditionVerdict("unique-too", Verdict.NOT_OBSERVED, "79 unique queries are too few"),
            ),
        ),
        TargetVerdict(
            "AINP-PRF-003",
            "99 concurrent agents are served (the phase's limit is below 100)",
            "connected-agents",
            "agents.served",
            ">=",
            99,
            "agents",
            seen,
            quick,
            value=99.0,
            samples=24,
            indicated=True,
        ),
        TargetVerdict(
            "AINP-PRF-004",
            "Memory of an instance under 450 MB",
            "mixed",
            "memory.max",
            "<",
            450,
            "MB",
            seen,
            quick,
            value=163.8,
            samples=15,
            indicated=True,
        ),
        TargetVerdict(
            "AINP-PRF-005",
            "CPU under 60 % in steady state",
            "mixed",
            "cpu.p95",
            "<",
            60,
            "% of one core",
            seen,
            quick,
            value=71.0 if failed else 18.4,
            samples=15,
            indicated=True,
        ),
        TargetVerdict("AINP-PRF-006", "Uptime 99.5 %", "soak", "uptime.minutes", ">=", 99.5, "%", seen, "needs 10 h"),
        TargetVerdict(
            "AINP-HLT-006",
            "A starting broker is ready within 300 s",
            "start",
            "ready.max",
            "<",
            300,
            "s",
            Verdict.PASS,
            "shown in this window",
            value=1.34,
            samples=1,
        ),
        TargetVerdict(
            "AINP-OPS-002",
            "Requests in flight at SIGTERM finish, up to 60 s",
            "drill",
            "drain.lost",
            "<=",
            0,
            "requests",
            seen,
            "needs depth standard",
        ),
        TargetVerdict(
            "AINP-OPS-008",
            "The broker holds at most 20 connections to PostgreSQL under load",
            "mixed",
            "postgres.connections.max",
            "<=",
            20,
            "connections",
            seen,
            quick,
            value=8.0,
            samples=15,
            indicated=True,
        ),
    )


def verdict(*, failed: bool = False) -> RunVerdict:
    """Of a quick run against the embedded broker."""
    listed = requirements(Depth.QUICK)
    if failed:
        listed = [_broken(one) for one in listed]
    return judged(tuple(listed), targets(failed=failed), failed=failed)


def judged(listed: tuple[RequirementVerdict, ...], measured: tuple[TargetVerdict, ...], *, failed: bool) -> RunVerdict:
    counts = Counter(one.verdict for one in listed)
    status = "QUICK CHECK FAILED" if failed else "QUICK CHECK PASSED"
    tail = (
        f"{counts[Verdict.PASS]} shown, {counts[Verdict.FAIL]} failed, {counts[Verdict.DEFERRED]} need more time, "
        f"{counts[Verdict.OUT_OF_REACH]} out of reach."
    )
    return RunVerdict(
        status=status,
        headline=f"{status}  phase-0.3, embedded: {tail}  Not a certificate; next: make certify DEPTH=standard (11 min)",
        passed=not failed,
        exit_code=int(failed),
        certifies=False,
        run=RunSummary(
            run_id="20260921-161320-3f9c",
            profile="phase-0.3",
            depth=Depth.QUICK,
            target="embedded",
            url="http://127.0.0.1:41873",
            reach=REACH,
            binding="reference",
            seed="b0d2f6a1c47e4d11",
            tool_version="0.1.0",
            created_ms=START_US / 1000 - 27_000,
            ended_ms=START_US / 1000 + 24_000,
            end_reason="completed",
        ),
        counts=dict(counts),
        in_scope=sum(one.verdict not in OUTSIDE_SCOPE for one in listed),
        unprobed=3,
        requirements=listed,
        targets=measured,
        signing_schemes=("jcs-sha256",),
        notes=(
            "shared machine: broker and generator ran on the same 2 cores",
            "uncalibrated: no calibration of this host is younger than 7 days",
        ),
        next=("make certify DEPTH=standard",),
    )


def _broken(one: RequirementVerdict) -> RequirementVerdict:
    probe = f"test_{one.area}.py::test_{one.id[-3:]}"
    if one.id in FAILURES:
        expectation, message, exchanges = FAILURES[one.id]
        finding = Finding(Verdict.FAIL, message, probe=probe, attempt=1, expectation=expectation, exchanges=tuple(exchanges))
        return replace(one, verdict=Verdict.FAIL, reason=message, findings=(finding,), attempts=3, failed_attempts=3)
    if one.id == "AINP-DSC-008":
        finding = Finding(
            Verdict.NOT_OBSERVED,
            "the control was refused with 429, so the refusal proves nothing",
            probe=probe,
            expectation="accepted",
            exchanges=("c0-5",),
        )
        return replace(one, verdict=Verdict.NOT_OBSERVED, reason="a control failed", findings=(finding,), attempts=1)
    if one.id == "AINP-HLT-007":
        return replace(
            one,
            verdict=Verdict.WARN,
            reason="12 of 150 requests of health were limited",
            findings=(Finding(Verdict.WARN, "12 of 150 requests of health were limited"),),
        )
    if one.id == "AINP-ENV-004":
        return replace(one, verdict=Verdict.DISPUTED, reason="follows the other reading of ERRATUM-04", erratum="ERRATUM-04")
    if one.id == "AINP-WSK-002" and one.verdict is Verdict.PASS:
        return replace(
            one,
            verdict=Verdict.WAIVED,
            reason="no WebSocket",
            waiver="Railway's proxy cuts WebSockets; owner: platform team; until 2026-12-31",
        )
    return one
