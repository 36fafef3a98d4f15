"""JUnit XML as CI systems read it: one test case for each requirement and each target.

Pure. What a run may pass with is never red here: a SHOULD that was not shown is skipped, one that is broken is a passed case with a
warning text.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ainp_harness.judging.verdict import RequirementVerdict, RunVerdict, TargetVerdict, Verdict
from ainp_harness.promises.targets import requirement_of
from ainp_harness.promises.vocabulary import Level
from reports.problems import Problem
from reports.scope import how_to_see
from reports.view import ReportView
from reports.words import LABELS, bound, bounded, one_line, quantity

SKIPPED = frozenset({Verdict.DEFERRED, Verdict.OUT_OF_REACH, Verdict.NOT_APPLICABLE, Verdict.WAIVED})
UNSHOWN = frozenset({Verdict.NOT_OBSERVED, Verdict.INVALID})
DETAIL_LIMIT = 4_000


@dataclass(frozen=True)
class Case:
    """One test case."""

    classname: str
    name: str
    verdict: Verdict
    level: Level
    message: str
    detail: str = ""


def render_junit(view: ReportView) -> str:
    verdict = view.verdict
    problems = {problem.id: problem for problem in view.problems}
    cases = [*(_of_requirement(one, verdict, problems.get(one.id)) for one in verdict.requirements), *_of_targets(verdict)]
    suite = Element("testsuite", name=f"AINP {one_line(verdict.run.profile, 80)} {verdict.run.depth.value}", time="0")
    properties = SubElement(suite, "properties")
    for name, value in _properties(verdict):
        SubElement(properties, "property", name=name, value=one_line(value, 600))
    for case in cases:
        _write(suite, case)
    if verdict.exit_code != 0 and not (suite.findall("testcase/failure") or suite.findall("testcase/error")):
        whole = SubElement(suite, "testcase", classname="run", name="The run as a whole", time="0")
        SubElement(whole, "error", type=one_line(verdict.status, 80), message=one_line(verdict.headline, 500))
    counts = {name: str(len(suite.findall(f"testcase{path}"))) for name, path in _COUNTED}
    for name, count in counts.items():
        suite.set(name, count)
    root = Element("testsuites", name="AINP harness", time="0", tests=counts["tests"], failures=counts["failures"], errors=counts["errors"])
    root.append(suite)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


_COUNTED = (("tests", ""), ("failures", "/failure"), ("errors", "/error"), ("skipped", "/skipped"))


def _properties(verdict: RunVerdict) -> list[tuple[str, str]]:
    run = verdict.run
    return [
        ("profile", run.profile),
        ("depth", run.depth.value),
        ("target", run.target),
        ("url", run.url),
        ("reach", " ".join(need.value for need in run.reach)),
        ("headline", verdict.headline),
        ("status", verdict.status),
        ("seed", run.seed),
        ("run_id", run.run_id),
        ("tool_version", run.tool_version),
    ]


def _of_requirement(one: RequirementVerdict, verdict: RunVerdict, problem: Problem | None) -> Case:
    reason = one.waiver or one.reason if one.verdict is Verdict.WAIVED else one.reason
    how = how_to_see(one, verdict.run)
    return Case(
        classname=one_line(one.area, 60) or "other",
        name=f"{one_line(one.id, 60)} {one_line(one.statement, 300)}",
        verdict=one.verdict,
        level=one.level,
        message=one_line(f"{reason}{f' (to see it: {how})' if how else ''}" or LABELS[one.verdict], 600),
        detail=_detail(problem) if problem else "",
    )


def _detail(problem: Problem) -> str:
    parts = [f"{problem.id} {problem.level.value}: {problem.statement}", f"source: {problem.source}", problem.attempts]
    for finding in problem.findings:
        parts += [f"expected: {finding.expected}" if finding.expected else "", f"what came: {finding.message}"]
        parts += [f"probe: {finding.probe}, attempt {finding.attempt}" if finding.probe else ""]
        parts += [f"exchange {exchange.id}: {exchange.title}" for exchange in finding.exchanges]
    return bounded("\n".join(part for part in parts if part), DETAIL_LIMIT)


def _of_targets(verdict: RunVerdict) -> list[Case]:
    levels = {one.id: one.level for one in verdict.requirements}
    return [
        Case(
            classname="targets",
            name=f"{one_line(target.id, 60)} {one_line(target.statement, 300)}",
            verdict=target.verdict,
            level=levels.get(requirement_of(target.id), Level.TARGET),
            message=one_line(f"{target.reason or LABELS[target.verdict]}; {_measured(target)}", 600),
        )
        for target in verdict.targets
    ]


def _write(suite: Element, case: Case) -> None:
    element = SubElement(suite, "testcase", classname=case.classname, name=case.name, time="0")
    should = case.level is Level.SHOULD
    kind = case.verdict.value
    if case.verdict is Verdict.PASS:
        return
    if case.verdict in SKIPPED or (should and case.verdict in UNSHOWN):
        SubElement(element, "skipped", message=f"{kind}: {case.message}")
    elif case.verdict in UNSHOWN:
        SubElement(element, "error", type=kind, message=f"{kind}: {case.message}").text = case.detail
    elif case.verdict is Verdict.WARN or (should and case.verdict is Verdict.DISPUTED):
        SubElement(element, "system-out").text = f"{kind}: {case.message}\n{case.detail}"
    else:
        SubElement(element, "failure", type=kind, message=f"{kind}: {case.message}").text = case.detail


def _measured(target: TargetVerdict) -> str:
    return f"measured {quantity(target.value, target.unit)}, bound {bound(target.op, target.bound, target.unit)}"
