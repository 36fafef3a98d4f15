"""The words and shapes of a verdict: outcomes of single findings, verdicts of requirements and targets, and the run's own.

Only data and the order in which verdicts merge; how they are reached stands in the other modules of this room.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from ainp_harness.promises.vocabulary import Depth, Level, Need


class Outcome(StrEnum):
    """What one expectation says about the evidence it was given."""

    HELD = "held"
    BROKEN = "broken"
    NOT_SHOWN = "not_shown"
    DISPUTED = "disputed"


class Verdict(StrEnum):
    """The judged outcome of a requirement or a target."""

    FAIL = "FAIL"
    INVALID = "INVALID"
    NOT_OBSERVED = "NOT_OBSERVED"
    DISPUTED = "DISPUTED"
    WARN = "WARN"
    PASS = "PASS"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    WAIVED = "WAIVED"
    DEFERRED = "DEFERRED"
    OUT_OF_REACH = "OUT_OF_REACH"


MERGE_ORDER = (
    Verdict.FAIL,
    Verdict.INVALID,
    Verdict.NOT_OBSERVED,
    Verdict.DISPUTED,
    Verdict.WARN,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
)
"""The first of these that any finding has is the requirement's. Scope and waivers are not merged: they come before and after."""

OUTSIDE_SCOPE = frozenset({Verdict.DEFERRED, Verdict.OUT_OF_REACH})

GOOD = frozenset({Verdict.PASS, Verdict.WAIVED, Verdict.NOT_APPLICABLE})
"""What a MUST or TARGET in scope may be in a run that passes."""


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several findings; nothing found at all is NOT_OBSERVED."""
    found = set(verdicts)
    for verdict in MERGE_ORDER:
        if verdict in found:
            return verdict
    return Verdict.NOT_OBSERVED


@dataclass(frozen=True)
class Finding:
    """What one check said, with where it can be seen."""

    verdict: Verdict
    message: str
    probe: str | None = None
    attempt: int = 1
    expectation: str | None = None
    exchanges: tuple[str, ...] = ()
    erratum: str | None = None


@dataclass(frozen=True)
class RequirementVerdict:
    """A requirement with its verdict and everything that led to it."""

    id: str
    area: str
    level: Level
    statement: str
    source: str
    depth: Depth
    needs: tuple[Need, ...]
    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    erratum: str | None = None
    waiver: str | None = None
    attempts: int = 0
    failed_attempts: int = 0


@dataclass(frozen=True)
class ConditionVerdict:
    """A further condition of a target, such as 'every 10 s block has at least 95 % correct'."""

    name: str
    verdict: Verdict
    message: str


@dataclass(frozen=True)
class TargetVerdict:
    """A numeric promise and what was measured. `value`, `low`, `high` are in `unit`; None where not measured, inf where infinite."""

    id: str
    statement: str
    scenario: str
    metric: str
    op: str
    bound: float
    unit: str
    verdict: Verdict
    reason: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    samples: int = 0
    indicated: bool = False
    """True for the measured value of a DEFERRED target: shown, not judged."""
    note: str = ""
    aim: str | None = None
    conditions: tuple[ConditionVerdict, ...] = ()


@dataclass(frozen=True)
class CheckVerdict:
    """One named check of a gate."""

    name: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class GateVerdict:
    """A requirement that is a selection of checks: how many of those that count pass."""

    id: str
    title: str
    verdict: Verdict
    passed: int
    counted: int
    checks: tuple[CheckVerdict, ...] = ()


@dataclass(frozen=True)
class RunSummary:
    """What a run was about, as the plan sealed it."""

    run_id: str
    profile: str
    depth: Depth
    target: str
    url: str
    reach: tuple[Need, ...]
    binding: str
    seed: str
    tool_version: str
    created_ms: float
    areas: tuple[str, ...] = ()
    ended_ms: float | None = None
    end_reason: str | None = None
    like: str | None = None
    """The shipped profile by which a compressed one judges; None for a shipped one."""
    safe: bool = False
    """Whether probes that could disturb a broker in production were left out."""


@dataclass(frozen=True)
class RunVerdict:
    """The judged run."""

    status: str
    headline: str
    passed: bool
    exit_code: int
    certifies: bool
    run: RunSummary
    counts: dict[Verdict, int]
    in_scope: int
    unprobed: int
    requirements: tuple[RequirementVerdict, ...]
    targets: tuple[TargetVerdict, ...]
    signing_schemes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = field(default=())
    gates: tuple[GateVerdict, ...] = ()
