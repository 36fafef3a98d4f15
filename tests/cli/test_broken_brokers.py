"""A check is proven by breaking it: brokers that break one thing, judged by the whole path from the command line to the verdict."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Harness, mutant, verdicts
from tests.mutants import refuses_every_signed_message, skips_verification


def test_a_broker_that_verifies_nothing_fails_for_that_reason_first(harness: Harness, tmp_path: Path) -> None:
    with mutant("skips_verification", tmp_path / "logs") as broker:
        done = harness("certify", broker.base_url, "--depth", "quick", "--areas", ",".join(skips_verification.AREAS))
    found = verdicts(tmp_path)
    failed = [identifier for identifier, verdict in found.items() if verdict == "FAIL"]

    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED" in done.stdout
    assert failed[0] == skips_verification.FIRST
    assert set(failed[1:]) <= skips_verification.RELATED
    assert set(failed[1:]) >= {"AINP-SIG-002", "AINP-SIG-003", "AINP-SIG-004", "AINP-SIG-005", "AINP-SIG-006"}
    assert "checks off" in done.stdout  # and it is told so in the first lines


def test_a_broker_that_refuses_everything_proves_nothing_by_it(harness: Harness, tmp_path: Path) -> None:
    with mutant("refuses_every_signed_message", tmp_path / "logs") as broker:
        areas = ",".join(refuses_every_signed_message.AREAS)
        done = harness("certify", broker.base_url, "--depth", "quick", "--areas", areas)
    found = verdicts(tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert {found[identifier] for identifier in refuses_every_signed_message.ACCEPTANCE} == {"FAIL"}
    assert {found[identifier] for identifier in refuses_every_signed_message.REFUSALS} == {"NOT_OBSERVED"}
    assert "refuses every signed message" in done.stdout
