"""`make certify` from the first process to the last file, against the embedded broker with everything real."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.judging.expectation import Context
from ainp_harness.judging.findings import evaluate_statements
from ainp_harness.judging.judge import judge
from ainp_harness.promises.shipped import Promises
from ainp_harness.wire.binding_data import parse_binding
from tests.cli.conftest import Harness

FILES = ("run.json", "end.json", "load.json", "verdict.json", "report.html", "report.md", "junit.xml")


def ours() -> set[int]:
    """Processes of the kinds that a run starts."""
    kinds = ("postgres", "valkey-server", "nats-server", "reference_broker", "loadtests", "conformance")
    return {
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(kind in " ".join(process.info["cmdline"] or []) for kind in kinds)
    }


def test_one_command_checks_the_bundled_broker(harness: Harness, tmp_path: Path) -> None:
    before = ours()
    done = harness("certify", "--json", timeout_s=240)
    assert done.returncode == 0, done.stdout + done.stderr

    verdict = json.loads(done.stdout)
    assert verdict["status"] == "QUICK CHECK PASSED"
    assert verdict["counts"].get("FAIL", 0) == 0
    assert verdict["counts"]["PASS"] >= 40
    assert "Not a certificate" in verdict["headline"]

    (folder,) = (tmp_path / "runs").iterdir()
    assert all((folder / name).stat().st_size > 0 for name in FILES)
    assert not (ours() - before)

    bundle = Bundle(folder)
    plan = bundle.plan
    assert plan.load is not None
    assert plan.limit_window_s == 60  # the limits as shipped
    assert bundle.load is not None
    assert bundle.load["complete"]

    # What was said live is what the judge says from the evidence alone, statement by statement and as a whole.
    evaluated = evaluate_statements(bundle, Context(parse_binding(plan.binding)))
    assert len(evaluated) > 300
    assert [entry.judgement.outcome for entry in evaluated] == [entry.statement.live_outcome for entry in evaluated]
    again = judge(Bundle(folder), Promises.shipped(plan.profile))
    assert [(found.id, found.verdict) for found in again.requirements] == [
        (found["id"], found["verdict"]) for found in verdict["requirements"]
    ]
    assert again.headline == verdict["headline"]
