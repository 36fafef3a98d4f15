"""Judging gates: a requirement that is a selection of checks, from the verdicts of all others and the findings of its own probes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ainp_harness.evidence.plan import Plan
from ainp_harness.judging.verdict import OUTSIDE_SCOPE, CheckVerdict, Finding, GateVerdict, RequirementVerdict, Verdict, merge
from ainp_harness.promises.gates import Check, Gate

BROKEN = frozenset({Verdict.FAIL, Verdict.WARN})
"""A SHOULD that is broken does not fail a run, but the check that it stands for does not pass."""


def judge_gate(
    gate: Gate, verdicts: Mapping[str, RequirementVerdict], findings: Sequence[Finding], plan: Plan, left_out: Collection[str] = ()
) -> GateVerdict:
    """The gate's verdict.

    Args:
        verdicts: of every other requirement, before waivers.
        findings: of the probes that speak for the gate itself.
        left_out: the probes that were left out, as the broker does not offer what they are about and need not.
    """
    checks = tuple(_check(check, verdicts, findings, plan, left_out) for check in gate.check)
    counted = [check for check in checks if check.verdict not in OUTSIDE_SCOPE]
    passed = sum(check.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE) for check in counted)
    deciding = [check for check in counted if not (check.name in gate.may_fail and check.verdict in BROKEN)]
    verdict = merge(Verdict.FAIL if check.verdict in BROKEN else check.verdict for check in deciding)
    if len(counted) < gate.least:
        verdict = Verdict.OUT_OF_REACH
    elif verdict is Verdict.NOT_APPLICABLE:
        verdict = Verdict.PASS
    return GateVerdict(gate.requirement, gate.title, verdict, passed, len(counted), checks)


def _check(
    check: Check, verdicts: Mapping[str, RequirementVerdict], findings: Sequence[Finding], plan: Plan, left_out: Collection[str]
) -> CheckVerdict:
    """One check. What this version does not look at, and what lies outside depth and reach, does not count."""
    if check.probes and (lacking := [need for need in check.needs if need not in plan.reach]):
        return CheckVerdict(check.name, Verdict.OUT_OF_REACH, f"needs {', '.join(lacking)}")
    if check.probes and not plan.depth.reaches(check.depth):
        return CheckVerdict(check.name, Verdict.DEFERRED, f"shown at depth {check.depth} and deeper")
    parts = [_of_requirement(identifier, verdicts) for identifier in check.requirements]
    outside = next((part for part in parts if part.verdict in OUTSIDE_SCOPE), None)
    if outside is not None and not any(part.verdict in BROKEN for part in parts):
        return replace(outside, name=check.name)
    parts = [part for part in parts if part.verdict not in OUTSIDE_SCOPE]
    parts += [_of_probe(probe, findings) for probe in check.probes if probe not in left_out]
    if not parts:
        return CheckVerdict(check.name, Verdict.OUT_OF_REACH, "the broker does not offer what it is about")
    worst = merge(Verdict.FAIL if part.verdict in BROKEN else part.verdict for part in parts)
    told = next(part for part in parts if part.verdict is worst or (worst is Verdict.FAIL and part.verdict in BROKEN))
    return CheckVerdict(check.name, worst, told.reason)


def _of_requirement(identifier: str, verdicts: Mapping[str, RequirementVerdict]) -> CheckVerdict:
    found = verdicts.get(identifier)
    if found is None:
        return CheckVerdict("", Verdict.OUT_OF_REACH, f"this version does not look at {identifier}")
    return CheckVerdict("", found.verdict, f"{identifier}: {found.reason}" if found.reason else identifier)


def _of_probe(probe: str, findings: Sequence[Finding]) -> CheckVerdict:
    own = [finding for finding in findings if finding.probe is not None and finding.probe.partition("[")[0] == probe]
    verdict = merge(finding.verdict for finding in own)
    told = next((finding.message for finding in own if finding.verdict is verdict), "no probe ran")
    return CheckVerdict("", verdict, f"{probe}: {told}" if told else probe)


def gate_reason(gate: GateVerdict) -> str:
    """What a report says of a gate: n of how many, and the checks that do not pass."""
    outside = len(gate.checks) - gate.counted
    told = f"{gate.passed} of {gate.counted} {gate.title} pass"
    if outside:
        told += f"; {outside} of the {len(gate.checks)} lie outside depth and reach"
    bad = [check for check in gate.checks if check.verdict not in (*OUTSIDE_SCOPE, Verdict.PASS, Verdict.NOT_APPLICABLE)]
    return "; ".join([told, *(f"{check.name} {check.verdict}: {check.reason}" for check in bad)])
