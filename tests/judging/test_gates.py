"""Gates: those within depth and reach count, one named check may fail, what is not observed leaves it open, and a failure goes first."""

from __future__ import annotations

import pytest

from ainp_harness.judging.gates import gate_reason, judge_gate
from ainp_harness.judging.verdict import Finding, RequirementVerdict, Verdict
from ainp_harness.promises.gates import Check, Gate
from ainp_harness.promises.vocabulary import Depth, Level, Need
from tests.judging.evidence import plan

A, B, WS = "AINP-AAA-001", "AINP-BBB-001", "AINP-WSK-001"
PROBE = "test_x.py::test_y"

GATE = Gate(
    requirement="AINP-OPS-006", title="integration checks", least=2, may_fail=("ws",),
    check=(
        Check(name="a", shown_by=(A,)), Check(name="b", shown_by=(B,)), Check(name="p", shown_by=(PROBE,), needs=(Need.LOGS,)),
        Check(name="ws", shown_by=(WS,)),
    ),
)  # fmt: skip


def of(identifier: str, verdict: Verdict) -> RequirementVerdict:
    return RequirementVerdict(identifier, "area", Level.MUST, "s", "s", Depth.QUICK, (), verdict, "why")


@pytest.mark.parametrize(
    ("a", "b", "ws", "verdict", "told"),
    [
        ("PASS", "PASS", "PASS", "PASS", "3 of 3 integration checks pass; 1 of the 4 lie outside"),
        ("PASS", "NOT_APPLICABLE", "PASS", "PASS", "3 of 3"),
        ("PASS", "PASS", "WARN", "PASS", "2 of 3 integration checks pass; 1 of the 4 lie outside depth and reach; ws FAIL"),
        ("PASS", "PASS", "FAIL", "PASS", "2 of 3"),
        ("PASS", "PASS", "NOT_OBSERVED", "NOT_OBSERVED", "2 of 3"),
        ("FAIL", "NOT_OBSERVED", "PASS", "FAIL", "a FAIL: AINP-AAA-001: why"),
        ("WARN", "PASS", "PASS", "FAIL", "2 of 3"),
        ("PASS", "OUT_OF_REACH", "PASS", "PASS", "2 of 2"),
        ("PASS", "DEFERRED", "OUT_OF_REACH", "OUT_OF_REACH", "1 of 1"),
        ("INVALID", "PASS", "PASS", "INVALID", "2 of 3"),
        ("DISPUTED", "PASS", "PASS", "DISPUTED", "2 of 3"),
    ],
)
def test_how_a_gate_is_judged(a: str, b: str, ws: str, verdict: str, told: str) -> None:
    found = judge_gate(GATE, {A: of(A, Verdict(a)), B: of(B, Verdict(b)), WS: of(WS, Verdict(ws))}, [], plan())

    assert found.verdict == verdict
    assert told in gate_reason(found)


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([], "NOT_OBSERVED"),
        ([Finding(Verdict.PASS, "", PROBE)], "PASS"),
        ([Finding(Verdict.PASS, "", PROBE), Finding(Verdict.FAIL, "no", f"{PROBE}[x]")], "FAIL"),
        ([Finding(Verdict.FAIL, "no", "test_x.py::test_yy")], "NOT_OBSERVED"),
    ],
)
def test_a_check_shown_by_a_probe(findings: list[Finding], verdict: str) -> None:
    others = {identifier: of(identifier, Verdict.PASS) for identifier in (A, B, WS)}
    found = judge_gate(GATE, others, findings, plan(reach=(Need.LOGS,)))

    assert {check.name: check.verdict for check in found.checks}["p"] == verdict
    assert found.verdict == verdict


def test_a_probe_that_was_left_out_does_not_count() -> None:
    others = {identifier: of(identifier, Verdict.PASS) for identifier in (A, B, WS)}
    found = judge_gate(GATE, others, [], plan(reach=(Need.LOGS,)), left_out={PROBE})

    assert {check.name: check.verdict for check in found.checks}["p"] == Verdict.OUT_OF_REACH
    assert found.verdict == Verdict.PASS


def test_a_check_with_a_broken_part_counts_whatever_else_lies_outside() -> None:
    both = GATE.model_copy(update={"check": (GATE.check[0].model_copy(update={"requirements": (A, B)}), *GATE.check[1:])})
    found = judge_gate(both, {A: of(A, Verdict.FAIL), B: of(B, Verdict.OUT_OF_REACH), WS: of(WS, Verdict.PASS)}, [], plan())

    assert found.checks[0].verdict == Verdict.FAIL


def test_what_this_version_does_not_look_at_does_not_count() -> None:
    found = judge_gate(GATE, {A: of(A, Verdict.PASS), WS: of(WS, Verdict.PASS)}, [], plan())

    assert (found.passed, found.counted) == (2, 2)
