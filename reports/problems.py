"""What needs attention in a run, worst first: requirements and targets with what was expected, what came, and the exchanges.

Pure. The amount of evidence is bounded, so that hundreds of failures stay a readable page; the rest is named and stays in the
bundle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ainp_harness.judging.verdict import Finding, RequirementVerdict, RunVerdict, TargetVerdict, Verdict
from ainp_harness.promises.targets import requirement_of
from ainp_harness.promises.vocabulary import Level
from reports.exchange_text import ExchangeText, exchange_text
from reports.reading import Evidence, Json
from reports.words import bound, one_line, quantity

ATTENTION = (Verdict.FAIL, Verdict.INVALID, Verdict.NOT_OBSERVED, Verdict.DISPUTED, Verdict.WARN)
FINDINGS_SHOWN = 3
EXCHANGES_SHOWN = 3
WITH_EVIDENCE = 40
"""So many of the first problems are shown with their exchanges; those of the rest are named and stay in the bundle."""
EVIDENCE_BUDGET = 350_000
"""Characters of exchanges in one report."""


@dataclass(frozen=True)
class FindingView:
    """One check that did not hold: what was expected, what came, and the exchanges that show it."""

    verdict: Verdict
    message: str
    probe: str
    attempt: int
    expected: str
    exchanges: tuple[ExchangeText, ...]
    named_only: tuple[str, ...]
    """Ids of exchanges that stand in the bundle alone."""


@dataclass(frozen=True)
class Problem:
    """A requirement or target that people should look at."""

    id: str
    anchor: str
    verdict: Verdict
    level: Level
    area: str
    statement: str
    source: str
    reason: str
    attempts: str
    findings: tuple[FindingView, ...] = ()
    more_findings: int = 0


def wanted_exchanges(verdict: RunVerdict) -> frozenset[str]:
    """The exchanges that the report of this verdict will show."""
    shown = list(_attention(verdict.requirements))[:WITH_EVIDENCE]
    return frozenset(
        exchange for one in shown for finding in _telling(one)[:FINDINGS_SHOWN] for exchange in finding.exchanges[:EXCHANGES_SHOWN]
    )


def problems(verdict: RunVerdict, evidence: Evidence) -> Iterator[Problem]:
    levels = {requirement.id: requirement.level for requirement in verdict.requirements}
    measured = [target for target in verdict.targets if target.verdict in ATTENTION]
    told = {requirement_of(target.id) for target in measured}
    found = [_of_target(target, levels.get(requirement_of(target.id), Level.TARGET)) for target in measured]
    left = EVIDENCE_BUDGET
    shown = 0
    for requirement in _attention(verdict.requirements):
        if requirement.id in told and not _telling(requirement):
            continue  # the target says the same, with numbers
        problem = _of_requirement(requirement, evidence, verdict.run.url, left if shown < WITH_EVIDENCE else 0)
        left -= sum(exchange.size for finding in problem.findings for exchange in finding.exchanges)
        shown += 1
        found.append(problem)
    yield from sorted(found, key=lambda problem: ATTENTION.index(problem.verdict))


def _attention(requirements: tuple[RequirementVerdict, ...]) -> Iterator[RequirementVerdict]:
    """Worst first, and among equals what binds before what should."""
    yield from sorted((one for one in requirements if one.verdict in ATTENTION), key=_urgency)


def _urgency(one: RequirementVerdict) -> tuple[int, bool]:
    """Among equals the judge's own order stays: root causes first."""
    return ATTENTION.index(one.verdict), one.level is Level.SHOULD


def _telling(requirement: RequirementVerdict) -> tuple[Finding, ...]:
    """The findings that made the verdict, worst first, each probe's first before what its further attempts repeat."""
    bad = [finding for finding in requirement.findings if finding.verdict in ATTENTION]
    probes: Counter[tuple[str | None, Verdict]] = Counter()
    ordered = []
    for finding in bad:
        probes[finding.probe, finding.verdict] += 1
        ordered.append((ATTENTION.index(finding.verdict), probes[finding.probe, finding.verdict], finding))
    return tuple(finding for _, _, finding in sorted(ordered, key=lambda entry: entry[:2]))


def _of_target(target: TargetVerdict, level: Level) -> Problem:
    measured = quantity(target.value, target.unit) if target.value is not None else "nothing"
    return Problem(
        id=target.id,
        anchor=f"target-{target.id}",
        verdict=target.verdict,
        level=level,
        area="targets",
        statement=one_line(target.statement, 400),
        source=f"{target.metric} of {target.scenario} {bound(target.op, target.bound, target.unit)}",
        reason=one_line(target.reason, 500) or f"measured {measured}",
        attempts="",
    )


def _of_requirement(requirement: RequirementVerdict, evidence: Evidence, url: str, budget: int) -> Problem:
    telling = _telling(requirement)
    findings = []
    for finding in telling[:FINDINGS_SHOWN]:
        view = _finding(finding, evidence, url, budget)
        budget -= sum(exchange.size for exchange in view.exchanges)
        findings.append(view)
    attempts = (
        f"{requirement.failed_attempts} of {requirement.attempts} attempts failed"
        if requirement.failed_attempts and requirement.attempts > 1
        else ""
    )
    return Problem(
        id=requirement.id,
        anchor=requirement.id,
        verdict=requirement.verdict,
        level=requirement.level,
        area=one_line(requirement.area, 60),
        statement=one_line(requirement.statement, 400),
        source=one_line(requirement.source, 200),
        reason=one_line(requirement.reason, 500),
        attempts=attempts,
        findings=tuple(findings),
        more_findings=len(telling) - len(findings),
    )


def _finding(finding: Finding, evidence: Evidence, url: str, budget: int) -> FindingView:
    shown: list[ExchangeText] = []
    for one in finding.exchanges[:EXCHANGES_SHOWN]:
        if one not in evidence.exchanges:
            continue
        text = exchange_text(evidence.exchanges[one], url)
        if text.size <= budget:
            shown.append(text)
            budget -= text.size
    ids = {text.id for text in shown}
    return FindingView(
        verdict=finding.verdict,
        message=one_line(finding.message, 600),
        probe=one_line(finding.probe or "", 160),
        attempt=finding.attempt,
        expected=_expected(finding, evidence.statements),
        exchanges=tuple(shown),
        named_only=tuple(one_line(one, 60) for one in finding.exchanges[:12] if one not in ids),
    )


def _expected(finding: Finding, statements: tuple[Json, ...]) -> str:
    """The expectation in the probe's own words: refused, codes DUPLICATE_INTENT, status 409."""
    name = finding.expectation or ""
    for statement in statements:
        same = statement.get("probe") == finding.probe and statement.get("attempt") == finding.attempt
        if same and statement.get("expectation") == name and statement.get("exchanges") == list(finding.exchanges):
            params = statement.get("params")
            return one_line(
                ", ".join([name, *(_param(*one) for one in params.items() if one[1] not in (None, False, [], {}))])
                if isinstance(params, dict)
                else name,
                300,
            )
    return one_line(name, 300)


def _param(name: str, value: object) -> str:
    listed = " or ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    return f"{name} {listed}"
