"""Which probes a run takes: none that needs more than the target gives, so that a green verdict is not beside red probes."""

from __future__ import annotations

from ainp_harness.promises.gates import load_gates
from ainp_harness.promises.requirements import load_requirements
from ainp_harness.promises.vocabulary import Need
from conformance.kit.listing import probes_of
from tests.judging.evidence import plan

CHECKS = [check for gate in load_gates(load_requirements()) for check in gate.check if check.probes]


def test_a_check_of_a_gate_is_looked_at_where_its_needs_are_met() -> None:
    without, whole = ({probe.name for probe in probes_of(plan(reach=reach))} for reach in ((), tuple(Need)))

    assert any(check.needs for check in CHECKS)
    for check in CHECKS:
        assert set(check.probes) <= whole, check.name
        assert not set(check.probes) & without or not check.needs, check.name
