"""What a run would send, or is about to: its probes, without asking the broker anything."""

from __future__ import annotations

from ainp_harness.evidence.plan import Plan
from ainp_harness.promises.shipped import united
from ainp_harness.wire.binding_data import parse_binding
from conformance.kit.coverage import ProbeMarks, read_probes
from conformance.kit.selection import Effort, belongs


def probes_of(plan: Plan) -> list[ProbeMarks]:
    """The probes that a plan takes."""
    requirements, binding = united(plan.promises()), parse_binding(plan.binding)
    return [probe for probe in read_probes() if belongs(probe, plan, requirements, binding)]


def effort_of(plan: Plan, workers: int = 1) -> Effort:
    """What a run of the plan is expected to take."""
    return Effort.of(probes_of(plan), one_address=plan.canary.addresses == "one", workers=workers)
