"""The files of tests/mutants say of themselves what scripts/mutants.py compares: fast, nothing is started."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from ainp_harness.promises.profiles import shipped_profiles
from ainp_harness.promises.shipped import Promises
from scripts import mutants

SHIPPED = {name: Promises.shipped(name) for name in shipped_profiles()}
FOLDER = Path(__file__).parents[1] / "mutants"
FILES = sorted(path for path in FOLDER.rglob("*.py") if path.name != "__init__.py")


def mutant(**changes: object) -> mutants.Mutant:
    given = {"finds": frozenset({"A"}), "disputed": frozenset(), "related": frozenset({"B"}), **changes}
    return mutants.Mutant("sample", "tests.mutants.sample", ("limits",), **given)  # type: ignore[arg-type]


def test_the_script_lists_every_file_once() -> None:
    assert sorted(mutants.names()) == sorted(path.stem for path in FILES)
    assert len(set(mutants.names())) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_mutant_says_what_it_breaks(path: Path) -> None:
    described = mutants.load(path.stem)
    named = described.finds | described.related | described.disputed
    requirements = SHIPPED[described.profile].requirements
    unknown = named - requirements.keys()

    assert (ast.get_docstring(ast.parse(path.read_text())) or "").endswith(".")
    assert not unknown, f"no requirements of this version: {sorted(unknown)}"
    assert described.areas
    assert set(described.areas) <= {requirement.area for requirement in requirements.values()}
    assert {requirements[identifier].area for identifier in described.finds} <= set(described.areas)
    assert not described.finds & described.related, "found and merely related"
    assert described.disputed <= described.finds
    assert described.permitted == (path.parent.name == "permitted")


def test_what_is_found_and_related_is_expected() -> None:
    assert mutants.compare(mutant(), {"A": "FAIL", "B": "NOT_OBSERVED", "C": "PASS", "D": "OUT_OF_REACH"}) == ({}, {})


def test_what_is_not_found_is_missed() -> None:
    assert mutants.compare(mutant(finds=frozenset({"A", "C"})), {"A": "PASS"}) == ({"A": "PASS", "C": "no verdict"}, {})


def test_disputed_counts_where_the_mutant_says_so() -> None:
    assert mutants.compare(mutant(), {"A": "DISPUTED"}) == ({"A": "DISPUTED"}, {})
    assert mutants.compare(mutant(disputed=frozenset({"A"})), {"A": "DISPUTED"}) == ({}, {})


@pytest.mark.parametrize("verdict", ["FAIL", "WARN", "DISPUTED", "NOT_OBSERVED", "INVALID"])
def test_what_was_not_expected_is_told(verdict: str) -> None:
    assert mutants.compare(mutant(), {"A": "FAIL", "C": verdict}) == ({}, {"C": verdict})


def test_nothing_fails_for_a_correct_broker() -> None:
    permitted = mutant(finds=frozenset())
    assert mutants.compare(permitted, {"A": "PASS", "B": "NOT_OBSERVED"}) == ({}, {})
    assert mutants.compare(permitted, {"B": "FAIL"}) == ({}, {"B": "FAIL"})


def test_an_unknown_name_is_a_fault_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.main(["no_such_broker"]) == 2
    assert "no_such_broker" in capsys.readouterr().err


def test_the_results_are_plain_json() -> None:
    outcome = mutants.Outcome(mutant(), 1.25, {"A": "PASS"}, {}, reasons={"A": "all refused"})
    (told,) = json.loads(json.dumps(mutants.results([outcome])))
    assert (told["name"], told["good"], told["seconds"], told["missed"], told["reasons"]) == (
        "sample",
        False,
        1.2,
        {"A": "PASS"},
        {"A": "all refused"},
    )
