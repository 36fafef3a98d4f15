"""`explain` and `requirements`: what is judged, whence it comes, what shows it. Reads data and the probes' marks; starts nothing."""

from __future__ import annotations

import inspect
import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ainp_harness.cli.exits import Exit, UsageError
from ainp_harness.judging import expectations as _expectations  # noqa: F401  # importing it registers them
from ainp_harness.judging.expectation import expectation_about
from ainp_harness.judging.invariants import invariant_about
from ainp_harness.promises.conflicts import Conflict, load_conflicts
from ainp_harness.promises.gates import load_gates
from ainp_harness.promises.profiles import load_profiles, shipped_profiles
from ainp_harness.promises.requirements import Requirement, load_requirements
from ainp_harness.promises.targets import load_targets
from conformance.kit.coverage import Coverage, coverage
from conformance.kit.probe import SHOWN_BY_CONTROL


def explain(identifier: str, console: Console) -> int:
    """Print one requirement with all that belongs to it.

    Raises:
        UsageError: there is no such requirement.
    """
    requirements = load_requirements()
    wanted = identifier.upper() if identifier.upper().startswith("AINP-") else f"AINP-{identifier.upper()}"
    if wanted not in requirements:
        near = [known for known in requirements if known.startswith(wanted[:8])]
        hint = f"; of that area there are {', '.join(near)}" if near else "; `ainp-harness requirements` lists all"
        raise UsageError(f"there is no requirement {identifier!r}{hint}")
    for name, text in _told(requirements[wanted], coverage()[wanted]):
        console.print(Text(f"{name:14}", style="dim") + Text(text))
    return Exit.PASSED


def _told(requirement: Requirement, shown: Coverage) -> list[tuple[str, str]]:
    lines = [
        (requirement.id, requirement.statement),
        ("source", requirement.source),
        ("level", f"{requirement.level}{', core: cannot be waived, disputed or left out' if requirement.core else ''}"),
        ("depth", f"{requirement.depth} and deeper"),
        ("needs", ", ".join(requirement.needs) or "nothing of the target"),
        ("when", f"the broker declares {requirement.when}" if requirement.when else "always"),
        ("operations", f"{', '.join(requirement.operations)}: FAIL where the broker does not offer them" if requirement.operations else ""),
        ("profiles", ", ".join(requirement.profiles)),
        ("area", requirement.area),
        ("how", requirement.shown_by),
    ]
    lines += [("conflict", _conflict(one)) for one in load_conflicts().values() if requirement.id in (one.requirement, *one.also)]
    for probe in shown.probes:
        marks = ", ".join([str(probe.depth), *sorted(probe.marks - {"parametrize"})])
        lines.append(("probe", f"{probe.name} ({marks}): {probe.about}"))
    for name in dict.fromkeys(name for probe in shown.probes for name in probe.expectations):
        lines.append(("evidence", f"{name}: {_first_line(expectation_about(name))}"))
    lines += [("invariant", f"{name}: {_first_line(invariant_about(name))}") for name in shown.invariants]
    lines += [("target", f"{one.id}: {one.statement}") for one in load_targets().target if one.id in shown.targets]
    for operation in (operation for operation, shows in SHOWN_BY_CONTROL.items() if shows == requirement.id):
        lines.append(("control", f"every {operation} that a probe of any area relies on"))
    for gate in load_gates(load_requirements()):
        if gate.requirement == requirement.id:
            lines += [("check", f"{check.name}: {', '.join(check.shown_by)}") for check in gate.check]
    if shown.excluded:
        lines.append(("excluded", shown.excluded))
    if shown.hole:
        lines.append(("shown by", "nothing in this version"))
    return [(name, text) for name, text in lines if text]


def _conflict(conflict: Conflict) -> str:
    readings = "; ".join(f"{name}: {text}" for name, text in conflict.readings.items())
    takes = ", ".join(f"{profile} reads {reading}" for profile, reading in conflict.default.items())
    return f"{conflict.id}, {conflict.about}. {readings}. {takes}"


def _first_line(text: str) -> str:
    return inspect.cleandoc(text).split("\n\n")[0].replace("\n", " ")


def list_requirements(profiles: str | None, *, only_coverage: bool, as_json: bool, console: Console) -> int:
    """Print the requirements of these profiles, or of all; exit code 1 where coverage is asked for and one has a hole.

    Raises:
        PromiseError: no such profile.
    """
    wanted = {profile.judges for profile in load_profiles(profiles or ",".join(shipped_profiles()))}
    shown = coverage()
    rows = [one for one in load_requirements().values() if wanted.intersection(one.profiles)]
    if as_json:
        console.print_json(json.dumps([_data(one, shown[one.id]) for one in rows]))
    else:
        console.print(_table(rows, shown, only_coverage))
    holes = [one.id for one in rows if shown[one.id].hole]
    if only_coverage and not as_json:
        told = f"{len(rows) - len(holes)} of {len(rows)} requirements are covered or excluded with a reason"
        console.print(told + (f"; nothing shows {', '.join(holes)}" if holes else ""), highlight=False)
    return Exit.NOT_PASSED if only_coverage and holes else Exit.PASSED


def _table(rows: list[Requirement], shown: dict[str, Coverage], only_coverage: bool) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in ("id", "level", "depth"):
        table.add_column(name, no_wrap=True)
    table.add_column("shown by" if only_coverage else "statement")
    for one in rows:
        text = shown[one.id].shown_by if only_coverage else one.statement
        table.add_row(one.id, one.level, one.depth, Text(text, style="bold red" if only_coverage and shown[one.id].hole else ""))
    return table


def _data(requirement: Requirement, shown: Coverage) -> dict[str, Any]:
    return {
        **requirement.model_dump(mode="json"),
        "coverage": {
            "probes": [probe.name for probe in shown.probes],
            "invariants": list(shown.invariants),
            "targets": list(shown.targets),
            "gate": shown.gate,
            "excluded": shown.excluded,
            "hole": shown.hole,
        },
    }
