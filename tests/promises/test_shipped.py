"""What is shipped fits together: requirements, profile, targets, conflicts, bindings, and the probes that cite them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from ainp_harness.judging.invariants import invariant_requirements
from ainp_harness.judging.targets import _READERS
from ainp_harness.promises.bindings import load_binding, shipped_bindings
from ainp_harness.promises.conflicts import load_conflicts
from ainp_harness.promises.profiles import load_profile, shipped_profiles
from ainp_harness.promises.requirements import load_requirements, requirements_digest, requirements_of
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.targets import load_targets
from ainp_harness.promises.vocabulary import Depth, Level, Need
from ainp_harness.wire.binding_data import OPERATIONS

CONFORMANCE = Path(__file__).parents[2] / "conformance"

PHASE_0_3 = {
    "DID": "001 003 004",
    "DSC": "001 002 007 008 009 010 011 012",
    "ENV": "001 002 003 004 005 007 010 014 015",
    "ERR": "002 003 004",
    "HLT": "001 002 003 004 005 006 007 008",
    "INT": "001 002 003 010 012 014",
    "LIM": "001 002 003 004 005 006 011 012",
    "NEG": "010",
    "OPS": "001 002 003 004 005 006 007 008 009 010 011 012 013",
    "PRF": "001 002 003 004 005 006",
    "QOS": "002",
    "QUE": "003 004",
    "REG": "001 002 003 004 006 008 009 012",
    "RPL": "001 002 006 007 008 009 010",
    "SEC": "001 002 003 004 005 006 007 008 009 010 011",
    "SIG": "001 002 003 004 005 006 008 010",
    "TTL": "001 002 003 006",
    "WSK": "001 002 003 004 005 006",
}
"""Every requirement of the phase, as the sources were read."""

CORE = [
    "AINP-LIM-006",
    "AINP-QUE-004",
    "AINP-REG-006",
    "AINP-RPL-001",
    "AINP-RPL-002",
    "AINP-RPL-006",
    "AINP-SIG-001",
    "AINP-SIG-002",
    "AINP-SIG-003",
    "AINP-SIG-004",
    "AINP-SIG-005",
    "AINP-SIG-006",
    "AINP-SIG-010",
]


def phase_ids() -> set[str]:
    return {f"AINP-{area}-{number}" for area, numbers in PHASE_0_3.items() for number in numbers.split()}


@cache
def trees() -> dict[str, ast.Module]:
    return {path.name: ast.parse(path.read_text()) for path in sorted(CONFORMANCE.glob("test_*.py"))}


def cited(node: ast.AST) -> set[str]:
    """The ids that stand as whole texts in a piece of code."""
    texts = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return {text for text in texts if text.startswith("AINP-") and len(text) == 12}


@cache
def marked() -> dict[str, set[str]]:
    """Requirement id -> the probes whose @requirement names it."""
    found: dict[str, set[str]] = {}
    for name, tree in trees().items():
        for function in ast.walk(tree):
            if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                continue
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "requirement":
                    for identifier in cited(mark):
                        found.setdefault(identifier, set()).add(f"{name}::{function.name}")
    return found


def looked_at() -> set[str]:
    return set(marked()) | invariant_requirements() | {target.requirement for target in load_targets().target}


def test_phase_0_3_has_every_requirement_of_the_sources() -> None:
    assert set(requirements_of("phase-0.3", load_requirements())) == phase_ids()


@pytest.mark.parametrize(("name", "count"), [("phase-0.3", 112), ("phase-1.0", 112), ("draft-00", 142)])
def test_a_requirement_is_looked_at_or_told_as_unprobed(name: str, count: int) -> None:
    requirements = requirements_of(name, load_requirements())
    own = set(requirements)
    unprobed = load_profile(name).unprobed
    # No run of this version gets there: scope leaves them out by their own data, so nobody has to.
    beyond = {one.id for one in requirements.values() if Need.DEPLOY in one.needs or one.depth is Depth.FULL}

    assert len(own) == count
    assert len(set(unprobed)) == len(unprobed)
    assert own - looked_at() - beyond == set(unprobed) - looked_at(), "neither looked at nor told, or told and of another profile"
    assert set(unprobed) & set(marked()) == set(), "probed, and told as unprobed"
    assert set(Promises.shipped(name).requirements) == own - set(unprobed)


def test_core_is_what_the_sources_say() -> None:
    assert sorted(identifier for identifier, requirement in load_requirements().items() if requirement.core) == CORE


def test_every_cited_requirement_exists() -> None:
    for name, tree in trees().items():
        assert cited(tree) - set(load_requirements()) == set(), name


def test_invariants_and_targets_speak_for_requirements_that_exist() -> None:
    assert invariant_requirements() <= set(load_requirements())
    assert {target.requirement for target in load_targets().target} <= set(load_requirements())


def test_probes_state_and_never_assert() -> None:
    """A bare assert would decide live and leave nothing that can be judged again."""
    asserts = [f"{name}:{node.lineno}" for name, tree in trees().items() for node in ast.walk(tree) if isinstance(node, ast.Assert)]

    assert len(trees()) > 10
    assert asserts == []


def test_every_probe_says_what_it_is_about() -> None:
    for name, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name.startswith("test_"):
                assert any(node.name in probe for probes in marked().values() for probe in probes), (
                    f"{name}::{node.name} has no @requirement"
                )


def test_conflicts_name_requirements_that_exist_and_readings_that_are_documented() -> None:
    for conflict in load_conflicts().values():
        assert {conflict.requirement, *conflict.also} <= set(load_requirements()), conflict.id
        assert set(conflict.default.values()) <= {*conflict.readings, "either"}, conflict.id
        assert set(conflict.never) <= set(conflict.readings), conflict.id
        assert len(conflict.readings) > 1, conflict.id


def test_a_reading_is_the_profiles_or_another() -> None:
    burst = load_conflicts()["ERRATUM-05"]
    replay = load_conflicts()["ERRATUM-02"]

    assert burst.follows_profile("hard", "phase-0.3")
    assert not burst.follows_profile("burst", "phase-0.3")
    assert replay.follows_profile("REPLAY_DETECTED", "phase-0.3")
    assert not replay.follows_profile("REPLAY_DETECTED", "draft-00")
    assert not load_conflicts()["ERRATUM-30"].follows_profile("never-checked", "phase-0.3")  # either, but not this one


@pytest.mark.parametrize("name", shipped_profiles())
def test_a_profile_comes_with_everything(name: str) -> None:
    promises = Promises.shipped(name)

    assert promises.profile.digest.startswith("sha256:")
    assert promises.profile.load is None or promises.targets.named_load(promises.profile.load).parts
    for target in promises.targets.of_profile(name):
        requirement = promises.requirements[target.requirement]
        assert requirement.level is Level.TARGET or target.metric in ("ready.max", "postgres.connections.max"), target.id


def test_every_target_can_be_read_and_has_a_minimum_where_it_is_judged() -> None:
    targets = load_targets()

    for target in targets.target:
        assert target.metric == "ready.max" or target.metric in _READERS, target.id
        for depth in Depth:
            assert target.minimum(depth) is not None or not depth.reaches(target.depth), target.id
    with pytest.raises(KeyError):
        targets.named_load("no such load")


def test_the_phase_load_stays_within_the_deployments_own_limit() -> None:
    """docs/measuring.md: 1,000 requests a minute."""
    parts = load_targets().named_load("phase-0.3").parts

    assert sum(part.per_minute * part.requests for part in parts) == 999
    assert {part.scenario: part.rate(Depth.QUICK) for part in parts}["readiness"] == 240
    assert {part.scenario: part.rate(Depth.STANDARD) for part in parts}["readiness"] == 60


@pytest.mark.parametrize("name", shipped_bindings())
def test_a_shipped_binding_offers_what_requirements_need(name: str) -> None:
    binding = load_binding(name)

    assert binding.name == name
    assert set(binding.operations) <= OPERATIONS
    for requirement in load_requirements().values():
        assert all(binding.offers(operation) for operation in requirement.operations), requirement.id


def test_the_digest_of_requirements_tells_contents_not_order() -> None:
    requirements = list(load_requirements().values())
    changed = [requirements[0].model_copy(update={"statement": "another"}), *requirements[1:]]

    assert requirements_digest(requirements) == requirements_digest(reversed(requirements))
    assert requirements_digest(requirements) != requirements_digest(changed)


@pytest.mark.parametrize(
    ("depth", "other", "reaches"), [("quick", "quick", True), ("quick", "standard", False), ("full", "standard", True)]
)
def test_depths_are_ordered(depth: str, other: str, reaches: bool) -> None:
    assert Depth(depth).reaches(Depth(other)) is reaches
