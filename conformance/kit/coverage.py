"""What shows each requirement, found without a broker: probes by their marks, invariants, targets, controls and gates.

Probes are read from their files, not imported: a mark says for which requirements a probe speaks, and when it runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ainp_harness.judging.invariants import invariant_names
from ainp_harness.promises.exclusions import load_exclusions
from ainp_harness.promises.gates import load_gates
from ainp_harness.promises.requirements import load_requirements
from ainp_harness.promises.targets import load_targets
from ainp_harness.promises.vocabulary import Depth

CONFORMANCE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class ProbeMarks:
    """One probe as its marks describe it."""

    name: str
    """file::function"""
    requirements: tuple[str, ...]
    depth: Depth
    marks: frozenset[str]
    expectations: tuple[str, ...]
    about: str

    @property
    def file(self) -> str:
        return self.name.partition("::")[0]


@dataclass(frozen=True)
class Coverage:
    """What shows one requirement."""

    probes: tuple[ProbeMarks, ...] = ()
    invariants: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    gate: str = ""
    excluded: str = ""

    @property
    def hole(self) -> bool:
        """Nothing shows it, and nobody says why."""
        return not (self.probes or self.invariants or self.targets or self.gate or self.excluded)

    @property
    def shown_by(self) -> str:
        """In a few words."""
        if self.excluded:
            return f"excluded: {self.excluded}"
        parts = [
            f"{len(self.probes)} probe{'s' * (len(self.probes) > 1)}" if self.probes else "",
            f"invariant {', '.join(self.invariants)}" if self.invariants else "",
            f"target {', '.join(self.targets)}" if self.targets else "",
            self.gate,
        ]
        return "; ".join(part for part in parts if part) or "NOTHING"


@cache
def read_probes(folder: Path = CONFORMANCE) -> tuple[ProbeMarks, ...]:
    """Every probe of the suite, in the order of files and lines."""
    found: list[ProbeMarks] = []
    for path in sorted(folder.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = next(
            (node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"), None
        )
        everywhere = list(module.elts) if isinstance(module, ast.List | ast.Tuple) else [module] if module is not None else []
        functions = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")]
        found += [_marks(path.name, function, everywhere) for function in functions]
    return tuple(probe for probe in found if probe.requirements)


def _marks(file: str, function: ast.AsyncFunctionDef, everywhere: list[ast.expr]) -> ProbeMarks:
    requirements: list[str] = []
    marks, depth = set(), Depth.QUICK
    for decorator in [*function.decorator_list, *everywhere]:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = ast.unparse(call.func if call else decorator).rpartition(".")[2]
        texts = [argument.value for argument in (call.args if call else []) if isinstance(argument, ast.Constant)]
        if name == "requirement":
            requirements += [str(text) for text in texts]
        elif name == "depth":
            depth = Depth(str(texts[0]))
        else:
            marks.add(name)
    stated = [
        node.args[0].value
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "claim"
        and node.args and isinstance(node.args[0], ast.Constant)
    ]  # fmt: skip
    if any(isinstance(node, ast.Attribute) and node.attr == "shows_refusal" for node in ast.walk(function)):
        stated += ["refused", "not_received"]
    about = (ast.get_docstring(function) or function.name.removeprefix("test_").replace("_", " ")).split("\n\n")[0]
    expectations = tuple(dict.fromkeys(str(one) for one in stated))
    return ProbeMarks(f"{file}::{function.name}", tuple(requirements), depth, frozenset(marks), expectations, " ".join(about.split()))


def coverage() -> dict[str, Coverage]:
    """What shows each requirement of this version."""
    requirements = load_requirements()
    gates = {gate.requirement: f"{len(gate.check)} {gate.title}" for gate in load_gates(requirements)}
    excluded = {identifier: one.reason for one in load_exclusions() for identifier in one.requirements}
    targets = load_targets().target
    return {
        identifier: Coverage(
            probes=tuple(probe for probe in read_probes() if identifier in probe.requirements),
            invariants=tuple(name for name, shown in invariant_names() if shown == identifier),
            targets=tuple(target.id for target in targets if target.requirement == identifier),
            gate=gates.get(identifier, ""),
            excluded=excluded.get(identifier, ""),
        )
        for identifier in requirements
    }


def disturbing(identifiers: Iterable[str]) -> Mapping[str, str]:
    """Of these requirements those that a run which disturbs nobody cannot show, with the probes it leaves out."""
    wanted = set(identifiers)
    left: dict[str, list[str]] = {}
    for probe in read_probes():
        if "disturbs" in probe.marks:
            for identifier in wanted.intersection(probe.requirements):
                left.setdefault(identifier, []).append(probe.name.partition("::")[2])
    return {identifier: ", ".join(names) for identifier, names in left.items()}
