"""Which probes a run takes, by their marks and the sealed plan alone, and how many requests and seconds they are expected to take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ainp_harness.evidence.plan import Plan
from ainp_harness.judging.scope import scope_of
from ainp_harness.promises.gates import load_gates
from ainp_harness.promises.requirements import Requirement, load_requirements
from ainp_harness.promises.toml_files import TomlFile
from ainp_harness.promises.vocabulary import Need
from ainp_harness.wire.binding import Binding
from conformance.kit.coverage import CONFORMANCE, ProbeMarks

UNKNOWN_REQUESTS, UNKNOWN_S = 10, 0.2
"""Of a probe that expected.toml does not know yet."""

PER_MINUTE = 95
"""Requests a minute that count against one address; the rest of its limit is left unused (conformance/kit/pacing.py)."""


def belongs(probe: ProbeMarks, plan: Plan, requirements: Mapping[str, Requirement], binding: Binding) -> bool:
    """Whether anything that a probe speaks for is in the run's scope, and the probe within its reach and manners."""
    if "fault" in probe.marks and Need.CONTROL not in plan.reach:
        return False
    if not _needs_of_checks().get(probe.name, frozenset()) <= set(plan.reach):
        return False
    if ("disturbs" in probe.marks and plan.safe) or not plan.depth.reaches(probe.depth):
        return False
    known = [requirements[identifier] for identifier in probe.requirements if identifier in requirements]
    in_scope = (scope_of(requirement, (), plan, binding).verdict is None for requirement in known)
    return any(in_scope) and (not plan.areas or any(requirement.area in plan.areas for requirement in known))


@cache
def _needs_of_checks() -> Mapping[str, frozenset[Need]]:
    """What the probes that show a gate's check need: the gate's own requirement needs nothing."""
    checks = [check for gate in load_gates(load_requirements()) for check in gate.check]
    return {probe: frozenset(check.needs) for check in checks for probe in check.probes}


class Expected(BaseModel):
    """What a probe took against the reference broker: all its cases together, each tried once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cases: int = 1
    requests: int = UNKNOWN_REQUESTS
    by_address: int = UNKNOWN_REQUESTS
    """Of them those that count against an address."""
    seconds: float = UNKNOWN_S


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    probe: dict[str, Expected]


@cache
def expectations_of_effort(path: Path = CONFORMANCE / "expected.toml") -> Mapping[str, Expected]:
    """By probe. `scripts/expected.py RUN` writes the file from a run."""
    return TomlFile.read(path).parse(_File).probe if path.exists() else {}


class Effort(BaseModel):
    """What a run of these probes is expected to take."""

    model_config = ConfigDict(frozen=True)

    probes: int
    requests: int
    seconds: float

    @classmethod
    def of(cls, probes: Iterable[ProbeMarks], *, one_address: bool, workers: int = 1) -> Effort:
        known = expectations_of_effort()
        chosen = list(probes)
        each = [known.get(probe.name, Expected()) for probe in chosen]
        at_once = sum(one.seconds for probe, one in zip(chosen, each, strict=True) if "long_wait" not in probe.marks) / workers
        waited = max((one.seconds for probe, one in zip(chosen, each, strict=True) if "long_wait" in probe.marks), default=0.0)
        paced = sum(one.by_address for one in each) / PER_MINUTE * 60 if one_address else 0.0
        return cls(
            probes=sum(one.cases for one in each), requests=sum(one.requests for one in each), seconds=max(at_once, waited, paced) + 2.0
        )
