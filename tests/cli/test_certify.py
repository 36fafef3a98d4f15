"""`make certify` from the first process to the last file, against the embedded broker with everything real."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.judging.expectation import Context
from ainp_harness.judging.findings import evaluate_statements
from ainp_harness.judging.judge import judge
from ainp_harness.wire.binding_data import parse_binding

PROGRAM = str(Path(sys.executable).with_name("ainp-harness"))

FILES = ("run.json", "end.json", "load.json", "verdict.json", "report.html", "report.md", "junit.xml")


def certified(folder: Path) -> tuple[int, str, set[psutil.Process]]:
    """Run `ainp-harness certify --json`: its exit code, its standard output, and every process that it ever started."""
    family: set[psutil.Process] = set()
    with (folder / "out.json").open("w") as out, (folder / "progress.txt").open("w") as progress:
        run = subprocess.Popen([PROGRAM, "certify", "--json"], cwd=folder, stdout=out, stderr=progress)
        deadline = time.monotonic() + 240
        while run.poll() is None:
            assert time.monotonic() < deadline, (folder / "progress.txt").read_text()
            with contextlib.suppress(psutil.NoSuchProcess):
                family.update(psutil.Process(run.pid).children(recursive=True))
            time.sleep(0.1)
    return run.returncode, (folder / "out.json").read_text(), family


def test_one_command_checks_the_bundled_broker(tmp_path: Path) -> None:
    code, output, family = certified(tmp_path)
    assert code == 0, (tmp_path / "progress.txt").read_text()
    assert len(family) >= 6  # the servers, the broker, the suite, the load
    _, alive = psutil.wait_procs(list(family), timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    verdict = json.loads(output)
    assert verdict["status"] == "QUICK CHECK PASSED"
    assert verdict["counts"].get("FAIL", 0) == 0
    assert verdict["counts"]["PASS"] >= 40
    assert "Not a certificate" in verdict["headline"]

    (folder,) = (tmp_path / "runs").iterdir()
    assert all((folder / name).stat().st_size > 0 for name in FILES)

    bundle = Bundle(folder)
    plan = bundle.plan
    assert plan.load is not None
    assert plan.limit_window_s == 60  # the limits as shipped
    assert bundle.load is not None
    assert bundle.load["complete"]

    # What was said live is what the judge says from the evidence alone, statement by statement and as a whole.
    (promises,) = plan.promises()
    evaluated = evaluate_statements(bundle, Context(parse_binding(plan.binding), promises.profile.judges, promises.conflicts))
    assert len(evaluated) > 300
    assert [entry.judgement.outcome for entry in evaluated] == [entry.statement.live_outcome for entry in evaluated]
    again = judge(Bundle(folder), promises)
    assert [(found.id, found.verdict) for found in again.requirements] == [
        (found["id"], found["verdict"]) for found in verdict["requirements"]
    ]
    assert again.headline == verdict["headline"]
