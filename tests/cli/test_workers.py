"""The suite by two workers and in another order, and twice at once: the same verdicts as by one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ainp_harness.cli.exits import Exit
from ainp_harness.evidence.bundle import Bundle
from ainp_harness.judging.judge import judge_all
from ainp_harness.targets import EmbeddedTarget
from tests.cli.conftest import Harness

AREAS = "time,queue,security"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTarget]:
    with EmbeddedTarget(tmp_path_factory.mktemp("logs")) as target:
        yield target


def verdicts_of(folder: Path) -> dict[str, str]:
    (verdict,) = judge_all(Bundle(folder))
    return {one.id: str(one.verdict) for one in verdict.requirements}


def test_two_workers_in_another_order_say_the_same(harness: Harness, broker: EmbeddedTarget, tmp_path: Path) -> None:
    alone = harness("conformance", broker.base_url, "--areas", AREAS, "--run-dir", "alone")
    both = harness("conformance", broker.base_url, "--areas", AREAS, "--run-dir", "both", "-n", "2", "--shuffle", "7")

    assert (alone.returncode, both.returncode) == (0, 0), both.stdout + both.stderr
    assert {path.name for path in (tmp_path / "both" / "exchanges").iterdir()} == {"look.jsonl", "c0.jsonl", "c1.jsonl"}
    assert verdicts_of(tmp_path / "both") == verdicts_of(tmp_path / "alone")


def test_two_runs_at_once_say_the_same(broker: EmbeddedTarget, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("ainp-harness")), "conformance", broker.base_url, "--areas", AREAS, "--run-dir"]
    runs = [subprocess.Popen([*command, name], cwd=tmp_path, stdout=subprocess.PIPE, text=True) for name in ("one", "other")]
    told = [run.communicate(timeout=120)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0], "\n".join(told)
    assert verdicts_of(tmp_path / "one") == verdicts_of(tmp_path / "other")


def test_no_more_is_sent_than_was_allowed(harness: Harness, broker: EmbeddedTarget, tmp_path: Path) -> None:
    done = harness("conformance", broker.base_url, "--areas", "signature", "--run-dir", "r", "-n", "2", "--max-requests", "61")
    lines = [line for path in (tmp_path / "r" / "exchanges").iterdir() for line in path.read_text().splitlines()]

    assert done.returncode == Exit.NOT_PASSED  # what was not sent is not shown
    assert len(lines) <= 61


def test_a_failure_can_be_sent_again(harness: Harness, broker: EmbeddedTarget, tmp_path: Path) -> None:
    """Of a run with a signed message: the curl has another id, and the broker takes it."""
    harness("conformance", broker.base_url, "--areas", "time", "--run-dir", "r")
    exchanges = [json.loads(line) for line in (tmp_path / "r" / "exchanges" / "c0.jsonl").read_text().splitlines()]
    sent = next(one for one in exchanges if one["operation"] == "send_intent" and one["response"]["status"] == 202)
    done = harness("replay", "r", sent["id"], "--send")

    assert done.returncode == 0, done.stdout
    assert "curl -i -X POST" in done.stdout
    assert f'"id":"{json.loads(sent["request"]["body"]["text"])["id"]}"' not in done.stdout
    assert "HTTP 202" in done.stdout


@pytest.mark.parametrize("options", [["--list"], ["--list", "--safe", "--areas", "security"]])
def test_a_list_sends_nothing(harness: Harness, options: list[str]) -> None:
    done = harness("certify", "http://127.0.0.1:9", *options)

    assert done.returncode == 0, done.stdout
    assert "Nothing was sent" in done.stdout
    assert ("test_a_payload_over_a_megabyte" in done.stdout) == ("--safe" not in options)


def test_a_requirement_is_explained(harness: Harness) -> None:
    done = harness("explain", "sig-003")

    assert done.returncode == 0
    for word in (
        "AINP-SIG-003",
        "core",
        "draft, authentication",
        "test_signature.py::test_a_member_changed_after_signing_is_refused",
        "refused",
    ):
        assert word in done.stdout.replace("\n", "")
    assert harness("explain", "AINP-XXX-001").returncode == Exit.USAGE


def test_coverage_is_told(harness: Harness) -> None:
    done = harness("requirements", "--profile", "phase-0.3", "--json")
    rows = json.loads(done.stdout)

    assert {"AINP-SIG-003", "AINP-OPS-006"} <= {row["id"] for row in rows}
    holes = [row["id"] for row in rows if row["coverage"]["hole"]]
    assert harness("requirements", "--profile", "phase-0.3", "--coverage").returncode == (Exit.NOT_PASSED if holes else Exit.PASSED)
