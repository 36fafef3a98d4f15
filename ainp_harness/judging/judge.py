"""The judge: a run bundle and the promises in, a verdict out. Pure: no network, no clock, no broker.

Scope first (from the plan alone), then findings merged, then numbers, then waivers; the run passes when every MUST and TARGET in scope
is PASS, WAIVED or NOT_APPLICABLE.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.plan import Plan
from ainp_harness.judging.expectation import Context
from ainp_harness.judging.findings import findings_of
from ainp_harness.judging.gates import gate_reason, judge_gate
from ainp_harness.judging.headline import headline_of
from ainp_harness.judging.measurement import Measurement
from ainp_harness.judging.scope import scope_of
from ainp_harness.judging.targets import judge_target
from ainp_harness.judging.verdict import (
    GOOD,
    OUTSIDE_SCOPE,
    Finding,
    GateVerdict,
    RequirementVerdict,
    RunSummary,
    RunVerdict,
    TargetVerdict,
    Verdict,
    merge,
)
from ainp_harness.promises.requirements import Requirement, requirements_digest
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.targets import requirement_of
from ainp_harness.promises.vocabulary import Depth, Level
from ainp_harness.promises.waivers import Waiver
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.binding_data import parse_binding

LIMIT_AREA = "limits"

FLOOD = "test_limits.py::test_nobody_uses_up_anothers_limit"
"""Cut to what --max-requests leaves."""

ROOT_CAUSES = ("AINP-SIG-010",)
"""Requirements whose failure explains others'."""

FINDINGS_KEPT = 200
"""Findings kept for one requirement, the worst first: a suite has fewer, an invariant over a flood may have more."""


def judge_all(bundle: Bundle) -> tuple[RunVerdict, ...]:
    """The verdicts of a bundle by each profile that its plan names, in the plan's order.

    Raises:
        EvidenceError: the bundle is damaged or has no sealed plan. PromiseError: a profile is no longer shipped.
    """
    return tuple(judge(bundle, promises) for promises in bundle.plan.promises())


def judge(bundle: Bundle, promises: Promises) -> RunVerdict:
    """The verdict of a bundle by one profile.

    Raises:
        EvidenceError: the bundle is damaged or has no sealed plan.
    """
    plan = bundle.plan.of_profile(promises.profile.name)
    binding = parse_binding(plan.binding)
    selected = {
        identifier: requirement
        for identifier, requirement in promises.requirements.items()
        if not plan.areas or (requirement.area in plan.areas and identifier not in {gate.requirement for gate in promises.gates})
    }
    findings = findings_of(bundle, Context(binding, promises.profile.judges, promises.conflicts), promises.requirements)
    measurement = Measurement.of(bundle)
    targets = tuple(
        judge_target(target, promises.targets, plan, measurement)
        for target in promises.targets.of_profile(promises.profile.judges)
        if target.requirement in selected
    )
    verdicts = []
    for requirement in sorted(selected.values(), key=_told_order):
        own = [target for target in targets if requirement_of(target.id) == requirement.id]
        verdicts.append(_requirement_verdict(requirement, findings.get(requirement.id, []), own, plan, binding, promises))
    verdicts, gates = _with_gates(verdicts, findings, plan, promises, _left_out(bundle))
    ended = bundle.end or {}
    day = _date(ended.get("ended_ms") or plan.created_ms)
    waived = [verdict if selected[verdict.id].core else apply_waivers(verdict, plan, day) for verdict in verdicts]
    return _run_verdict(bundle, plan, promises, waived, targets, gates)


def _told_order(requirement: Requirement) -> tuple[bool, bool, str, str]:
    """Root causes first, then the core: a broker that verifies nothing fails in many places, and that is what to say of it first."""
    return requirement.id not in ROOT_CAUSES, not requirement.core, requirement.area, requirement.id


def _requirement_verdict(
    requirement: Requirement,
    findings: Sequence[Finding],
    targets: Sequence[TargetVerdict],
    plan: Plan,
    binding: Binding,
    promises: Promises,
) -> RequirementVerdict:
    numbers = [target for target in promises.targets.of_profile(promises.profile.judges) if target.requirement == requirement.id]
    scope = scope_of(requirement, numbers, plan, binding)
    blank = RequirementVerdict(
        requirement.id, requirement.area, requirement.level, requirement.statement, requirement.source, requirement.depth,
        requirement.needs, Verdict.NOT_OBSERVED, "no probe ran",
    )  # fmt: skip
    if targets:
        return _from_targets(blank, targets)
    if scope.verdict is not None:
        return replace(blank, verdict=scope.verdict, reason=scope.reason)
    if requirement.area == LIMIT_AREA and plan.limit_window_s not in (None, promises.profile.constants.limit_window_s):
        window = f"the broker's limit window is {plan.limit_window_s:g} s, the profile's {promises.profile.constants.limit_window_s:g} s"
        return replace(blank, reason=window)
    ordered = sorted(findings, key=lambda finding: list(Verdict).index(finding.verdict))
    verdict = merge(finding.verdict for finding in ordered)
    attempts = {(finding.probe, finding.attempt) for finding in findings}
    failed = {(finding.probe, finding.attempt) for finding in findings if finding.verdict in (Verdict.FAIL, Verdict.WARN)}
    if requirement.id in plan.left_out and verdict in (Verdict.PASS, Verdict.NOT_OBSERVED, Verdict.NOT_APPLICABLE):
        # What is left of it may still fail; it cannot pass without the rest.
        why = f"left out by --safe: {plan.left_out[requirement.id]}"
        return replace(blank, verdict=Verdict.OUT_OF_REACH, reason=why, findings=tuple(ordered[:FINDINGS_KEPT]))
    return replace(
        blank,
        verdict=verdict,
        reason=_reason(verdict, ordered),
        findings=tuple(ordered[:FINDINGS_KEPT]),
        erratum=next((finding.erratum for finding in ordered if finding.erratum), None) or _named_erratum(requirement, verdict, promises),
        attempts=len(attempts),
        failed_attempts=len(failed),
    )


def _with_gates(
    verdicts: list[RequirementVerdict],
    findings: Mapping[str, Sequence[Finding]],
    plan: Plan,
    promises: Promises,
    left_out: Collection[str],
) -> tuple[list[RequirementVerdict], tuple[GateVerdict, ...]]:
    """The verdicts with those of gates computed from all others; a part of the areas has no gates."""
    if plan.areas:
        return verdicts, ()
    others = {one.id: one for one in verdicts if one.id not in {gate.requirement for gate in promises.gates}}
    gates = {gate.requirement: judge_gate(gate, others, findings.get(gate.requirement, []), plan, left_out) for gate in promises.gates}
    told = [replace(one, verdict=gates[one.id].verdict, reason=gate_reason(gates[one.id])) if one.id in gates else one for one in verdicts]
    return told, tuple(gates.values())


def _left_out(bundle: Bundle) -> frozenset[str]:
    """The probes that were left out, without their parameters."""
    return frozenset(run.probe.partition("[")[0] for run in bundle.probe_runs if run.outcome == "left_out")


def _from_targets(blank: RequirementVerdict, targets: Sequence[TargetVerdict]) -> RequirementVerdict:
    """A requirement with a number in it: the number decides."""
    outside = next((target for target in targets if target.verdict in OUTSIDE_SCOPE), None)
    verdict = merge(target.verdict for target in targets if target.verdict not in OUTSIDE_SCOPE)
    if outside is not None and verdict is not Verdict.FAIL:
        return replace(blank, verdict=outside.verdict, reason=outside.reason)
    first = next(target for target in targets if target.verdict is verdict)
    return replace(blank, verdict=verdict, reason=first.reason)


def _reason(verdict: Verdict, ordered: Sequence[Finding]) -> str:
    worst = [finding for finding in ordered if finding.verdict is verdict]
    if not worst:
        return "no probe ran"
    if verdict is Verdict.PASS:
        return ""
    message = worst[0].message
    attempts = {finding.attempt for finding in ordered if finding.probe == worst[0].probe}
    failed = {finding.attempt for finding in worst if finding.probe == worst[0].probe}
    if verdict in (Verdict.FAIL, Verdict.WARN) and len(attempts) > 1:
        return f"{message} ({len(failed)} of {len(attempts)} attempts failed)"
    return message


def _named_erratum(requirement: Requirement, verdict: Verdict, promises: Promises) -> str | None:
    """The erratum of a requirement on which the sources disagree and whose profile takes either reading."""
    if verdict is not Verdict.PASS:
        return None
    for conflict in promises.conflicts.values():
        if conflict.requirement == requirement.id and conflict.default.get(promises.profile.judges) == "either":
            return conflict.id
    return None


def apply_waivers(verdict: RequirementVerdict, plan: Plan, day: datetime.date) -> RequirementVerdict:
    """The verdict after waivers: what fails is WAIVED by one in force, and a waiver that waives nothing is told as stale."""
    applying = [waiver for waiver in plan.waivers if verdict.id in waiver.requirements and _in_scope(waiver, plan)]
    if not applying:
        return verdict
    if verdict.verdict is Verdict.PASS:
        return replace(verdict, waiver=f"{applying[0].id} is stale: what it waives passes")
    if verdict.verdict not in (Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED, Verdict.DISPUTED):
        return verdict
    waiver = next((waiver for waiver in applying if day <= waiver.expires), None)
    if waiver is None:
        return replace(verdict, waiver=f"{applying[0].id} is stale: it expired on {applying[0].expires}")
    return replace(verdict, verdict=Verdict.WAIVED, waiver=f"{waiver.id}, {waiver.owner}, until {waiver.expires}: {waiver.reason}")


def _in_scope(waiver: Waiver, plan: Plan) -> bool:
    host = plan.target.url.partition("://")[2].partition("/")[0].partition(":")[0]
    return waiver.scope in (plan.target.name, host) or (waiver.scope == "railway" and host.endswith(".railway.app"))


def _date(at_ms: float) -> datetime.date:
    return datetime.datetime.fromtimestamp(at_ms / 1000, tz=datetime.UTC).date()


def _run_verdict(
    bundle: Bundle,
    plan: Plan,
    promises: Promises,
    requirements: Sequence[RequirementVerdict],
    targets: tuple[TargetVerdict, ...],
    gates: tuple[GateVerdict, ...] = (),
) -> RunVerdict:
    end = bundle.end
    deciding = [verdict for verdict in requirements if verdict.level is not Level.SHOULD and verdict.verdict not in OUTSIDE_SCOPE]
    complete = end is not None and end.get("reason") == "completed"
    failed = any(verdict.verdict is Verdict.FAIL for verdict in deciding)
    invalid = any(verdict.verdict is Verdict.INVALID for verdict in deciding)
    passed = complete and bool(deciding) and all(verdict.verdict in GOOD for verdict in deciding)
    summary = RunSummary(
        plan.run_id, plan.profile, plan.depth, plan.target.name, plan.target.url, plan.reach, str(plan.binding.get("name", "")),
        plan.seed, plan.tool.version, plan.created_ms, plan.areas,
        ended_ms=None if end is None else end.get("ended_ms"), end_reason=None if end is None else end.get("reason"),
        like=promises.profile.like, safe=plan.safe,
    )  # fmt: skip
    counts = Counter(verdict.verdict for verdict in requirements)
    blank = RunVerdict(
        status="", headline="", passed=passed,
        exit_code=_exit_code(passed, failed, invalid, None if end is None else end.get("reason")),
        certifies=False, run=summary, counts=dict(counts), in_scope=sum(verdict.verdict not in OUTSIDE_SCOPE for verdict in requirements),
        unprobed=len(promises.profile.unprobed), requirements=tuple(requirements), targets=targets,
        signing_schemes=(plan.canary.scheme,) if plan.canary.scheme else (),
        notes=_notes(bundle, plan, promises), gates=gates,
    )  # fmt: skip
    return headline_of(blank, complete=complete, any_failed=failed, any_invalid=invalid)


def _adds_latency(bundle: Bundle) -> list[str]:
    return [str(entry["reason"]) for entry in (bundle.load or {}).get("invalid", []) if entry.get("direction") == "adds-latency"]


def _exit_code(passed: bool, failed: bool, invalid: bool, end_reason: str | None) -> int:
    """0 passed, 1 not, 3 nothing failed but something is invalid, 4 our own environment failed; a FAIL is never hidden."""
    if passed:
        return 0
    if failed or end_reason not in ("completed", "failed"):
        return 1
    if end_reason == "failed":
        return 4
    return 3 if invalid else 1


def _notes(bundle: Bundle, plan: Plan, promises: Promises) -> tuple[str, ...]:
    notes = list(plan.canary.notes)
    if plan.repeats > 1:
        notes.append(f"the probes of core requirements were run {plan.repeats} times")
    elif plan.depth.reaches(Depth.STANDARD):
        notes.append("the probes of core requirements were run once: requests were dear")
    if plan.max_requests is not None:
        flood = sum((exchange.probe or "").startswith(FLOOD) for exchange in bundle.exchanges.values())
        notes.append(f"at most {plan.max_requests} requests were sent; of them the flood of AINP-LIM-006 had {flood}")
    if bundle.cut_lines:
        notes.append(f"{bundle.cut_lines} lines of evidence were cut short and left out")
    if paced := sum("paced" in exchange.tags for exchange in bundle.exchanges.values()):
        notes.append(f"{paced} requests met the broker's limits and were sent again after the wait it asked for")
    if plan.requirements_digest != requirements_digest(promises.requirements.values()):
        notes.append("judged by other requirements than those that were sealed with the plan")
    if plan.profile_digest != promises.profile.digest:
        notes.append("judged by another version of the profile than the one that was sealed with the plan")
    if plan.limit_window_s not in (None, promises.profile.constants.limit_window_s):
        notes.append(f"the broker runs with a limit window of {plan.limit_window_s:g} s, so nothing is said about limits")
    notes.extend(f"the generator adds latency: {reason}; a PASS stands all the same" for reason in _adds_latency(bundle))
    notes.extend(str(note) for note in (bundle.load or {}).get("notes", []))
    return tuple(dict.fromkeys(notes))
