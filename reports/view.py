"""The view model: everything a report says, already chosen, ordered, cleaned and bounded, and not yet in any format.

Pure. What needs attention is chosen in problems.py; here are the targets, the table of all requirements, and what lay outside the scope.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ainp_harness.judging.headline import reach_advice
from ainp_harness.judging.verdict import RequirementVerdict, RunVerdict, TargetVerdict, Verdict
from ainp_harness.promises.targets import requirement_of
from ainp_harness.promises.vocabulary import Level
from reports.bullets import Bullet, bullet
from reports.problems import ATTENTION, Problem, problems
from reports.reading import Evidence
from reports.scope import how_to_see
from reports.words import bound, clean, one_line, quantity

COUNT_ORDER = (*ATTENTION, Verdict.WAIVED, Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.DEFERRED, Verdict.OUT_OF_REACH)


@dataclass(frozen=True)
class TargetView:
    """A target as it is shown: everything in words, and its picture."""

    id: str
    anchor: str
    verdict: Verdict
    indicated: bool
    statement: str
    about: str
    bound: str
    value: str
    interval: str
    samples: int
    reason: str
    note: str
    aim: str
    conditions: tuple[tuple[Verdict, str, str], ...]
    how: str
    bullet: Bullet | None


@dataclass(frozen=True)
class Row:
    """A requirement in the table of all."""

    id: str
    verdict: Verdict
    level: Level
    statement: str
    reason: str
    remark: str
    """An erratum whose reading was followed, or a waiver that is stale."""
    how: str


@dataclass(frozen=True)
class ReportView:
    """A whole report."""

    verdict: RunVerdict
    problems: tuple[Problem, ...]
    targets: tuple[TargetView, ...]
    areas: tuple[tuple[str, tuple[tuple[Verdict, int], ...], tuple[Row, ...]], ...]
    """By area: its name, how many of each verdict, and its requirements."""
    waived: tuple[RequirementVerdict, ...]
    counts: tuple[tuple[Verdict, int], ...]
    outside: tuple[tuple[str, tuple[Row, ...]], ...]
    """What lay outside the scope, by what would show it."""


def build_view(verdict: RunVerdict, evidence: Evidence) -> ReportView:
    rows = {requirement.id: _row(requirement, verdict) for requirement in verdict.requirements}
    by_area: dict[str, list[Row]] = {}
    for requirement in verdict.requirements:
        by_area.setdefault(one_line(requirement.area, 60) or "other", []).append(rows[requirement.id])
    outside: dict[str, list[Row]] = {}
    for row in rows.values():
        if row.how:
            outside.setdefault(row.how, []).append(row)
    return ReportView(
        verdict=verdict,
        problems=tuple(problems(verdict, evidence)),
        targets=tuple(_target(target, verdict) for target in verdict.targets),
        areas=tuple((area, _counted(members), tuple(members)) for area, members in by_area.items()),
        waived=tuple(one for one in verdict.requirements if one.verdict is Verdict.WAIVED),
        counts=tuple((kind, verdict.counts[kind]) for kind in COUNT_ORDER if verdict.counts.get(kind)),
        outside=tuple((how, tuple(members)) for how, members in sorted(outside.items(), key=lambda entry: -len(entry[1]))),
    )


def _counted(rows: list[Row]) -> tuple[tuple[Verdict, int], ...]:
    counts = Counter(row.verdict for row in rows)
    return tuple((kind, counts[kind]) for kind in COUNT_ORDER if counts[kind])


def _row(requirement: RequirementVerdict, verdict: RunVerdict) -> Row:
    return Row(
        id=requirement.id,
        verdict=requirement.verdict,
        level=requirement.level,
        statement=one_line(requirement.statement, 400),
        reason=one_line(requirement.reason),
        remark=_remark(requirement),
        how=clean(how_to_see(requirement, verdict.run)),
    )


def _remark(requirement: RequirementVerdict) -> str:
    waiver = f"waiver {requirement.waiver}" if requirement.waiver else ""
    return one_line("; ".join(part for part in (requirement.erratum, waiver) if part))


def _target(target: TargetVerdict, verdict: RunVerdict) -> TargetView:
    interval = (
        f"{quantity(target.low, '').strip()} to {quantity(target.high, target.unit)}" if None not in (target.low, target.high) else ""
    )
    requirement = next((one for one in verdict.requirements if one.id == requirement_of(target.id)), None)
    how = ""
    if target.verdict is Verdict.OUT_OF_REACH:
        how = reach_advice(requirement.needs, verdict.run) if requirement else ""
    elif target.verdict is Verdict.DEFERRED:
        how = how_to_see(requirement, verdict.run) if requirement else ""
    return TargetView(
        id=target.id,
        anchor=f"target-{target.id}",
        verdict=target.verdict,
        indicated=target.indicated,
        statement=one_line(target.statement, 300),
        about=one_line(f"{target.metric} · {target.scenario}", 100),
        bound=bound(target.op, target.bound, target.unit),
        value=quantity(target.value, target.unit) if target.value is not None else "not measured",
        interval=interval,
        samples=target.samples,
        reason=one_line(target.reason),
        note=one_line(target.note, 300),
        aim=one_line(target.aim or "", 100),
        conditions=tuple((one.verdict, one_line(one.name, 60), one_line(one.message)) for one in target.conditions),
        how=clean(how),
        bullet=bullet(target),
    )
