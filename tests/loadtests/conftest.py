"""Truth servers, sealed plans and load runs as child processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.plan import Declared, LoadInfo, Plan, TargetInfo, ToolInfo, seal
from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.vocabulary import Depth

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


def environment(**further: str) -> dict[str, str]:
    """A child's environment: no proxies, no options of the user's shell."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **further}


@dataclass
class TruthServer:
    """A running truth server."""

    folder: Path
    process: subprocess.Popen[bytes]
    freeze_s: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{(self.folder / 'port').read_text()}"

    def freeze(self) -> None:
        """Let it stand still once, now."""
        (self.folder / "freeze").touch()

    @property
    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "ledger.jsonl").read_text().splitlines()]

    def seen(self, target: str) -> list[dict[str, Any]]:
        return [line for line in self.ledger if line["target"].startswith(target)]


@pytest.fixture
def truth_server(tmp_path: Path) -> Iterator[Callable[..., TruthServer]]:
    """Starts truth servers, and ends them."""
    started: list[TruthServer] = []

    def start(mode: str = "honest", freeze_s: float = 0.3) -> TruthServer:
        folder = tmp_path / f"truth-{len(started)}"
        folder.mkdir()
        command = [sys.executable, str(Path(__file__).parent / "truth_server.py"), str(folder), "--mode", mode, "--freeze-s", str(freeze_s)]
        server = TruthServer(folder, subprocess.Popen(command, env=environment()), freeze_s)
        started.append(server)
        wait_for((folder / "port").exists, "the truth server's port")
        return server

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


@dataclass
class LoadRun:
    """A load as a child process of the test."""

    run_dir: Path
    process: subprocess.Popen[str]
    progress: list[dict[str, Any]] = field(default_factory=list)

    def wait_until(self, message: str) -> None:
        """Read progress until it says this."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                self.progress.append(json.loads(line))
                if self.progress[-1]["message"] == message:
                    return
        raise AssertionError(f"the load ended before it said {message!r}: {self.errors}")

    def end(self) -> int:
        """Wait for its end, and give its exit code."""
        output, _ = self.process.communicate(timeout=PATIENCE_S)
        for line in output.splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                self.progress.append(json.loads(line))
        return self.process.returncode

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    @property
    def errors(self) -> str:
        return (self.run_dir / "stderr").read_text()

    @property
    def bundle(self) -> Bundle:
        return Bundle(self.run_dir)

    @property
    def load(self) -> dict[str, Any]:
        found = self.bundle.load
        assert found is not None, self.errors
        return found

    def rows(self, table: str) -> list[dict[str, Any]]:
        found = self.bundle.table(table)
        return [] if found is None else found.to_pylist()

    def judged(self) -> list[dict[str, Any]]:
        """The samples of the window."""
        load = self.load
        return [row for row in self.rows("samples") if load["window_start_us"] <= row["intended_us"] < load["window_end_us"]]


@pytest.fixture
def start_load(tmp_path: Path) -> Iterator[Callable[..., LoadRun]]:
    """Seals a plan and starts its load."""
    started: list[LoadRun] = []

    def start(
        url: str, *, warmup_s: float = 0.5, duration_s: float = 3, features: tuple[str, ...] = (), env: dict[str, str] | None = None
    ) -> LoadRun:
        run_dir = tmp_path / f"run-{len(started)}"
        run_dir.mkdir()
        seal(plan_for(url, warmup_s, duration_s, features), run_dir)
        command = [sys.executable, "-P", "-m", "loadtests", "--run-dir", str(run_dir), "--progress-fd", "1", "--part-s", "1"]
        with (run_dir / "stderr").open("w") as errors:
            process = subprocess.Popen(command, env=environment(**(env or {})), stdout=subprocess.PIPE, stderr=errors, text=True)
        run = LoadRun(run_dir, process)
        started.append(run)
        return run

    yield start
    for run in started:
        run.process.kill()
        run.process.communicate()


def plan_for(url: str, warmup_s: float, duration_s: float, features: tuple[str, ...]) -> Plan:
    """A plan with the load of phase-0.3."""
    return Plan(
        tool=ToolInfo(name="ainp-harness", version="0"),
        run_id="run-of-a-test",
        created_ms=0,
        target=TargetInfo(name="url", url=url),
        reach=(),
        binding=dict(load_binding("v1").data),
        binding_digest="",
        profile="phase-0.3",
        profile_digest="",
        requirements_digest="",
        depth=Depth.QUICK,
        load=LoadInfo(name="phase-0.3", warmup_s=warmup_s, duration_s=duration_s),
        seed="a test's seed",
        declared=Declared(source="binding", features=features),
    )


def wait_for(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE_S:g} s for {what}")
        time.sleep(0.02)
