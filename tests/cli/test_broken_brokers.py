"""A check is proven by breaking it: brokers that break one thing, one an area, and two judged by the whole path from the command line.

`make mutants` judges all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ainp_harness.promises.requirements import load_requirements
from scripts import mutants
from tests.bench import Bench
from tests.cli.conftest import Harness, mutant, verdicts
from tests.mutants import refuses_every_signed_message, skips_verification

ONE_AN_AREA = {
    "credits": "overdraft",
    "delivery": "drops_null",
    "discovery": "empty_query_crash",
    "envelope": "version_unchecked",
    "errors": "error_html",
    "health": "health_says_ok",
    "identity": "did_codec_unchecked",
    "intents": "content_swallowed",
    "limits": "rate_headers_missing",
    "lite": "lite_unsigned",
    "negotiation": "neg_any_round",
    "operations": "stream_in_memory",
    "queue": "poll_takes_away",
    "registration": "register_any_ttl",
    "replay": "replay_1s",
    "schemas": "schema_unknown_taken",
    "security": "cors_star",
    "signature": "sig_any_length",
    "time": "margin_10",
    "trust": "trust_as_claimed",
    "websocket": "ws_confirm_forgotten",
}
"""An area, and the broker by which `make test` proves its probes."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("bench")) as ready:
        yield ready


@pytest.mark.parametrize("name", ONE_AN_AREA.values(), ids=ONE_AN_AREA.keys())
def test_a_broken_broker_is_judged_as_it_says_of_itself(name: str, bench: Bench, tmp_path: Path) -> None:
    outcome = mutants.run(mutants.load(name), bench, tmp_path)

    assert outcome.good, mutants.row(outcome)


def test_every_area_with_broken_brokers_has_one_here() -> None:
    requirements = load_requirements()
    areas = {requirements[identifier].area for name in mutants.names() for identifier in mutants.load(name).finds}

    assert areas <= ONE_AN_AREA.keys()
    for area, name in ONE_AN_AREA.items():
        assert area in {requirements[identifier].area for identifier in mutants.load(name).finds}


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
