"""Scope: which requirements a run may speak of. From the plan and the promises alone, never from an answer after the seal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ainp_harness.evidence.plan import Plan
from ainp_harness.judging.verdict import Verdict
from ainp_harness.promises.requirements import Requirement
from ainp_harness.promises.targets import Target
from ainp_harness.promises.vocabulary import Depth, Need
from ainp_harness.wire.binding import Binding


@dataclass(frozen=True)
class Scope:
    """Where a requirement stands before anything was looked at. `verdict` is None where it is in scope and open."""

    verdict: Verdict | None
    reason: str = ""


IN_SCOPE = Scope(None)


def scope_of(requirement: Requirement, targets: Iterable[Target], plan: Plan, binding: Binding) -> Scope:
    """The scope of a requirement. Reach wins over depth; a missing operation is a failure, not a matter of reach.

    A requirement with a number in it has the depth and needs of its target (docs/requirements.md).
    """
    depth, needs = _depth_and_needs(requirement, list(targets))
    missing = [operation for operation in requirement.operations if not binding.offers(operation)]
    if missing:
        verdict = Verdict.WARN if requirement.level == "SHOULD" else Verdict.FAIL
        return Scope(verdict, f"the broker does not offer {', '.join(missing)} (binding {binding.name})")
    if not requirement.core and (reason := binding.not_observable.get(requirement.id)):
        return Scope(Verdict.OUT_OF_REACH, f"not observable on this surface: {reason}")
    if lacking := [need for need in needs if need not in plan.reach]:
        return Scope(Verdict.OUT_OF_REACH, f"needs {', '.join(lacking)}, which the target does not give")
    if not plan.depth.reaches(depth):
        return Scope(Verdict.DEFERRED, f"shown at depth {depth} and deeper")
    return _feature(requirement, plan)


def _feature(requirement: Requirement, plan: Plan) -> Scope:
    if requirement.when is None or requirement.core:
        return IN_SCOPE
    if plan.declared is None:
        return Scope(
            Verdict.NOT_OBSERVED,
            f"depends on the feature {requirement.when}, and the broker's declaration could not be read: {plan.declared_error}",
        )
    declared = requirement.when in plan.declared.features
    if requirement.when.startswith("limits."):
        declared = requirement.when.removeprefix("limits.") in plan.declared.limits
    return IN_SCOPE if declared else Scope(Verdict.NOT_APPLICABLE, f"the broker does not declare {requirement.when}")


def _depth_and_needs(requirement: Requirement, targets: list[Target]) -> tuple[Depth, tuple[Need, ...]]:
    if not targets:
        return requirement.depth, requirement.needs
    depth = min((target.depth for target in targets), key=lambda depth: depth.rank)
    return depth, tuple(dict.fromkeys(need for target in targets for need in target.needs))
