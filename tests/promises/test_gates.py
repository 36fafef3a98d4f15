"""The gates as data: 33 checks, each shown by what there is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ainp_harness.promises.gates import GATES, load_gates
from ainp_harness.promises.requirements import load_requirements
from ainp_harness.promises.toml_files import PromiseError

REQUIREMENTS = load_requirements()
CONFORMANCE = Path(__file__).parents[2] / "conformance"


def test_the_integration_gate_has_33_checks_and_the_verification_seven() -> None:
    assert {gate.requirement: len(gate.check) for gate in load_gates(REQUIREMENTS)} == {"AINP-OPS-006": 33, "AINP-OPS-012": 7}


def test_every_probe_that_a_gate_names_exists_and_speaks_for_it() -> None:
    for gate in load_gates(REQUIREMENTS):
        for probe in {probe for check in gate.check for probe in check.probes}:
            file, _, name = probe.partition("::")
            functions = [one for one in ast.walk(ast.parse((CONFORMANCE / file).read_text())) if isinstance(one, ast.AsyncFunctionDef)]
            (function,) = [one for one in functions if one.name == name]
            assert any(gate.requirement in ast.unparse(mark) for mark in function.decorator_list), probe


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"AINP-OPS-009"', '"AINP-OPS-999"', "no requirement"),
        ('"AINP-OPS-009"', '"AINP-OPS-006"', "count itself"),
        ('name = "tables"', 'name = "pgvector"', "twice"),
        ('may_fail = ["WebSocket"]', 'may_fail = ["websocket"]', "no check"),
    ],
)
def test_a_gate_that_does_not_fit_is_told(old: str, new: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "gates.toml"
    path.write_text(GATES.read_text().replace(old, new))
    with pytest.raises(PromiseError, match=told):
        load_gates(REQUIREMENTS, path)
