"""From statements to findings: every recorded expectation evaluated again, each probe's attempts read together.

A claim counts only where every control of its attempt held. What a broken control breaks is its own requirement; the claims beside
it are NOT_OBSERVED. A claim that is broken stays broken, whatever its controls did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from ainp_harness.evidence.bundle import Bundle, ProbeRun, Statement
from ainp_harness.judging import expectations as _expectations  # noqa: F401  # importing it registers them
from ainp_harness.judging.expectation import Context, Judgement, evaluate
from ainp_harness.judging.invariants import InvariantResult, check_invariants
from ainp_harness.judging.verdict import Finding, Outcome, Verdict
from ainp_harness.promises.requirements import Requirement
from ainp_harness.wire.exchange import Exchange


@dataclass(frozen=True)
class Evaluated:
    """A statement with what the judge says of it now."""

    statement: Statement
    judgement: Judgement


def evaluate_statements(bundle: Bundle, context: Context) -> list[Evaluated]:
    """Every statement of a bundle, judged from its recorded exchanges."""
    exchanges = bundle.exchanges
    return [Evaluated(statement, _judge(statement, exchanges, context)) for statement in bundle.statements]


def _judge(statement: Statement, exchanges: Mapping[str, Exchange], context: Context) -> Judgement:
    if missing := [identifier for identifier in statement.exchanges if identifier not in exchanges]:
        return Judgement(Outcome.NOT_SHOWN, f"the exchange {missing[0]} is not in the bundle")
    return evaluate(statement.expectation, [exchanges[identifier] for identifier in statement.exchanges], statement.params, context)


def findings_of(bundle: Bundle, context: Context, requirements: Mapping[str, Requirement]) -> dict[str, list[Finding]]:
    """All findings by requirement, of probes and of invariants."""
    found: dict[str, list[Finding]] = defaultdict(list)
    by_attempt: dict[tuple[str, int], list[Evaluated]] = defaultdict(list)
    for evaluated in evaluate_statements(bundle, context):
        by_attempt[evaluated.statement.probe, evaluated.statement.attempt].append(evaluated)
    broken = {run.probe: run.attempt for run in reversed(bundle.probe_runs) if run.outcome == "broken"}
    for run in bundle.probe_runs:
        # What an attempt after a broken one leaves open takes nothing from that.
        counts = run.attempt <= broken.get(run.probe, run.attempt)
        _add_probe(run, by_attempt.get((run.probe, run.attempt), []), requirements, found, gaps_count=counts)
    for result in check_invariants(bundle.exchanges.values(), context, bundle.faults):
        _add_invariant(result, requirements, found)
    return found


def _add_probe(
    run: ProbeRun,
    stated: list[Evaluated],
    requirements: Mapping[str, Requirement],
    found: dict[str, list[Finding]],
    *,
    gaps_count: bool,
) -> None:
    controls = [evaluated for evaluated in stated if evaluated.statement.role == "control"]
    failed_control = next((control for control in controls if control.judgement.outcome not in (Outcome.HELD, Outcome.DISPUTED)), None)
    for control in controls:
        if control.judgement.outcome is Outcome.BROKEN:
            for identifier in control.statement.requirements:
                found[identifier].append(_finding(control, _failed(requirements.get(identifier))))
    for identifier in run.requirements:
        claims = [
            evaluated for evaluated in stated if evaluated.statement.role == "claim" and identifier in evaluated.statement.requirements
        ]
        for claim in claims:
            found[identifier].append(_claim_finding(claim, failed_control, requirements.get(identifier)))
        if gaps_count and (gap := _gap(run, claims, failed_control)) is not None:
            found[identifier].append(Finding(Verdict.NOT_OBSERVED, gap, run.probe, run.attempt))


def _claim_finding(claim: Evaluated, failed_control: Evaluated | None, requirement: Requirement | None) -> Finding:
    match claim.judgement.outcome:
        case Outcome.BROKEN:
            return _finding(claim, _failed(requirement))
        case Outcome.DISPUTED:
            return _finding(claim, Verdict.FAIL if requirement is not None and requirement.core else Verdict.DISPUTED)
        case Outcome.NOT_SHOWN:
            return _finding(claim, Verdict.NOT_OBSERVED)
    if failed_control is not None:
        message = f"the control failed, so this proves nothing: {failed_control.judgement.message}"
        return Finding(
            Verdict.NOT_OBSERVED,
            message,
            claim.statement.probe,
            claim.statement.attempt,
            claim.statement.expectation,
            failed_control.statement.exchanges,
        )
    return _finding(claim, Verdict.PASS)


def _gap(run: ProbeRun, claims: list[Evaluated], failed_control: Evaluated | None) -> str | None:
    """Why an attempt does not speak for a requirement, or not wholly; None where it does."""
    if run.outcome == "left_out":
        return None
    if run.outcome == "completed":
        return None if claims else "the probe ran and stated nothing about it"
    if any(claim.judgement.outcome is Outcome.BROKEN for claim in claims):
        return None
    if run.outcome is None:
        return "the probe was interrupted"
    if failed_control is not None:
        return f"the control failed: {failed_control.judgement.message}"
    return run.message or "the probe did not come to its end"


def _add_invariant(result: InvariantResult, requirements: Mapping[str, Requirement], found: dict[str, list[Finding]]) -> None:
    name = f"invariant {result.name}"
    if not result.seen:
        found[result.requirement].append(Finding(Verdict.NOT_OBSERVED, result.fault or "no traffic to look at", name))
        return
    for violation in result.violations[:10]:
        message = violation.message
        if len(result.violations) > 1:
            message += f" ({len(result.violations)} of {result.seen} looked at)"
        found[result.requirement].append(
            Finding(
                _failed(requirements.get(result.requirement)), message, name, expectation=result.name, exchanges=(violation.exchange.id,)
            )
        )
    if not result.violations:
        found[result.requirement].append(Finding(Verdict.PASS, f"{result.seen} looked at", name, expectation=result.name))


def _failed(requirement: Requirement | None) -> Verdict:
    return Verdict.WARN if requirement is not None and requirement.level == "SHOULD" else Verdict.FAIL


def _finding(evaluated: Evaluated, verdict: Verdict) -> Finding:
    statement, judgement = evaluated.statement, evaluated.judgement
    return Finding(
        verdict, judgement.message, statement.probe, statement.attempt, statement.expectation, statement.exchanges, judgement.erratum
    )
