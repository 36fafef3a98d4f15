"""The summary at the end of a run, for a terminal of 80 columns: what happened, what failed and why, the targets, what was out of
scope.

It renders the verdict alone. Texts are cleaned of escape sequences and never read as markup; marks and words carry the meaning,
colour only repeats it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ainp_harness.judging.verdict import OUTSIDE_SCOPE, RunVerdict, TargetVerdict, Verdict
from reports.html import MARK, tone
from reports.problems import Problem
from reports.reading import Evidence
from reports.scope import how_to_see
from reports.view import build_view
from reports.words import LABELS, MARKS, TONES, bound, clean, number, one_line, quantity

STYLES = {"good": "green", "bad": "bold red", "unsure": "yellow", "warn": "yellow", "waived": "cyan", "quiet": "dim"}
STATEMENT_SHOWN = 110
FAILURES_SHOWN = 8
OTHERS_SHOWN = 4
NOTES_SHOWN = 2


def render_summary(verdict: RunVerdict, report_path: Path | None) -> RenderableType:
    """Print the result with any rich console; NO_COLOR and pipes are the console's business."""
    return Group(*_parts(verdict, report_path))


def _parts(verdict: RunVerdict, report_path: Path | None) -> Iterator[RenderableType]:
    style = STYLES[tone(verdict)]
    yield Rule(style=style, characters="─")
    yield Text.assemble((f"{MARK[tone(verdict)]} ", style), (one_line(verdict.headline, 600), "bold"))
    if verdict.run.end_reason != "completed":
        yield Text(
            f"! The run did not come to its end ({one_line(verdict.run.end_reason or 'killed', 40)}): the rest is not shown.",
            STYLES["warn"],
        )
    yield Text(_counts(verdict), "dim")
    yield from _problems(verdict, _bundle_of(report_path))
    measured = tuple(target for target in verdict.targets if target.value is not None or target.verdict not in OUTSIDE_SCOPE)
    if measured:
        yield Text("")
        yield _targets(measured)
    yield from _outside(verdict)
    yield Text("")
    for note in verdict.notes[:NOTES_SHOWN]:
        yield Text(f"note    {one_line(note, 200)}", "dim")
    # The headline has said already how to look longer.
    for command in [step for step in verdict.next if not step.startswith("make certify")][:2]:
        yield Text(f"next    {one_line(command, 200)}")
    if report_path is not None:
        yield Text(f"report  {clean(_short(report_path))}", "bold")


def _counts(verdict: RunVerdict) -> str:
    counts = [f"{MARKS[kind]} {count} {LABELS[kind]}" for kind in Verdict if (count := verdict.counts.get(kind, 0))]
    return "  ".join([*counts, *([f"{verdict.unprobed} without a probe"] if verdict.unprobed else [])])


def _problems(verdict: RunVerdict, run: Path | None) -> Iterator[RenderableType]:
    problems = build_view(verdict, Evidence()).problems
    failed = [one for one in problems if one.verdict is Verdict.FAIL]
    others = [one for one in problems if one.verdict is not Verdict.FAIL]
    for found, most in ((failed, FAILURES_SHOWN), (others, OTHERS_SHOWN)):
        if found:
            yield Text("")
        for problem in found[:most]:
            yield from _problem(problem, run)
        if len(found) > most:
            kinds = Counter(LABELS[one.verdict] for one in found[most:])
            yield Text("  and " + ", ".join(f"{count} more {kind}" for kind, count in kinds.items()) + ", in the report", "dim")


def _problem(problem: Problem, run: Path | None) -> Iterator[RenderableType]:
    attempts = f" ({problem.attempts})" if problem.attempts else ""
    style = STYLES[TONES[problem.verdict]]
    mark = (f"{MARKS[problem.verdict]} {LABELS[problem.verdict]} ", style)
    statement = problem.statement if len(problem.statement) <= STATEMENT_SHOWN else problem.statement[:STATEMENT_SHOWN] + "…"
    yield Text.assemble(mark, (f"{problem.id} ", "bold"), statement, (attempts, "dim"))
    why = problem.findings[0].message if problem.findings else problem.reason
    yield Padding(Text(why[:400]), (0, 0, 0, 4))
    exchange = next((one for finding in problem.findings for one in finding.named_only), None)
    if exchange is not None and run is not None:
        yield Padding(Text(f"see it: ainp-harness replay {clean(_short(run))} {exchange} --send", "dim"), (0, 0, 0, 4))


def _targets(targets: tuple[TargetVerdict, ...]) -> Table:
    table = Table(box=None, padding=(0, 1), show_edge=False, header_style="dim", pad_edge=False)
    table.add_column("target", min_width=20, ratio=1)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("90 % interval", justify="right", no_wrap=True)
    table.add_column("bound", justify="right", no_wrap=True)
    table.expand = True
    for target in targets:
        kind = target.verdict
        measured = _value(target.value, target.unit) if target.value is not None else LABELS[kind]
        interval = f"{number(target.low)}–{number(target.high)}" if None not in (target.low, target.high) else ""
        name = Text.assemble(
            (f"{MARKS[kind]} ", STYLES[TONES[kind]]), (one_line(target.statement, 120), "" if not target.indicated else "italic")
        )
        table.add_row(name, Text(measured), Text(interval), Text(bound(target.op, target.bound, _unit(target.unit))))
    return table


def _unit(unit: str) -> str:
    """The short form where a column is narrow."""
    return {"% of one core": "%", "connections": "", "agents": "", "requests": "", "restarts": "", "lines": "", "instances": ""}.get(
        unit, one_line(unit, 12)
    )


def _value(value: float, unit: str) -> str:
    return quantity(value, _unit(unit))


def _outside(verdict: RunVerdict) -> Iterator[RenderableType]:
    ways = Counter((one.verdict, how) for one in verdict.requirements if (how := how_to_see(one, verdict.run)))
    if not ways:
        return
    if any(target.indicated for target in verdict.targets):
        yield Text("… an indication: measured for too short a time to be judged", "dim")
    for (kind, how), count in ways.most_common(3):
        yield Text.assemble((f"{MARKS[kind]} {count} {LABELS[kind]}", "dim"), (f"  {clean(how)}", ""), overflow="ellipsis", no_wrap=True)
    if len(ways) > 3:
        rest = sum(count for _, count in ways.most_common()[3:])
        yield Text(f"  and {rest} more outside the scope, listed in the report", "dim")


def _bundle_of(report_path: Path | None) -> Path | None:
    """The bundle that a report is about: the reports of further profiles lie two folders below it."""
    if report_path is None:
        return None
    folder = report_path.parent
    return folder.parent.parent if folder.parent.name == "profiles" else folder


def _short(path: Path) -> str:
    """Relative to where the reader stands, where that is shorter."""
    try:
        return min(str(path), os.path.relpath(path), key=len)
    except ValueError:
        return str(path)
