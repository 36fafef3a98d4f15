"""The locustfile under Locust itself: it sends, its statistics count, and its folder shadows nobody's module."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.loadtests.conftest import PATIENCE_S, ROOT, TruthServer, environment

ROOM = ROOT / "loadtests"


def test_locust_runs_it_headless(truth_server: Callable[..., TruthServer], tmp_path: Path) -> None:
    server = truth_server()
    command = [sys.executable, "-m", "locust", "-f", str(ROOM / "locustfile.py"), "--headless", "-u", "12", "-r", "12", "-t", "3s"]
    command += ["--host", server.url, "--json", "--transport", "polling", "--agents", "12", "--arrivals-per-user", "2"]
    done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    found = {entry["name"]: entry for entry in json.loads(done.stdout)}["discovery-text discover"]
    assert found["num_failures"] == 0
    assert found["num_requests"] > 0
    # What is in flight when Locust ends the test is in the server's ledger and not in the statistics.
    assert 0 <= len(server.seen("/api/v1/discovery")) - found["num_requests"] <= 2


@dataclass(frozen=True)
class Ended:
    """A Locust that came to its end."""

    code: int
    took_s: float
    output: str
    errors: list[str]


def run_locust(folder: Path, *options: str) -> Ended:
    command = [sys.executable, "-m", "locust", "-f", str(ROOM / "locustfile.py"), "--headless", "-u", "4", "-r", "4", *options]
    began = time.monotonic()
    done = subprocess.run(
        command, env=environment(), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S
    )
    errors = [line for line in done.stdout.splitlines() if "/ERROR/" in line]
    return Ended(done.returncode, time.monotonic() - began, done.stdout, errors)


LONG_T = "30s"
SOON_S = 15.0
"""With starting Python and Locust on a busy machine; half of `-t`."""


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "no broker given: --host"),
        (("--host", "broker.example"), 2, "'broker.example' is no http or https URL"),
        (("--host", "http://127.0.0.1:1"), 3, "agents could not be registered at http://127.0.0.1:1: [Errno 111] Connection refused."),
        (("--host", "http://127.0.0.1:1", "--processes", "1"), 3, "agents could not be registered at http://127.0.0.1:1"),
    ],
)
def test_where_there_is_no_broker_it_says_so_at_once(tmp_path: Path, options: tuple[str, ...], code: int, said: str) -> None:
    ended = run_locust(tmp_path, "-t", LONG_T, *options)
    assert ended.code == code, ended.output
    assert said in ended.errors[0]
    assert "Traceback" not in ended.output
    assert ended.took_s < SOON_S


def test_a_web_server_that_is_no_broker(truth_server: Callable[..., TruthServer], tmp_path: Path) -> None:
    server = truth_server("no-broker")
    ended = run_locust(tmp_path, "-t", LONG_T, "--host", server.url)
    assert ended.code == 3, ended.output
    (error,) = ended.errors
    assert f"agents could not be registered at {server.url}: POST /api/v1/advertise: status 404" in error
    assert "Is a broker running there" in error
    # Not all of 99 agents, four times each.
    assert len(server.ledger) < 20
    assert ended.took_s < SOON_S


def test_registering_is_outside_of_the_run_time(truth_server: Callable[..., TruthServer], tmp_path: Path) -> None:
    """32 agents, 8 at once, 0.6 s each: more than all of -t."""
    server = truth_server("slow-advertise")
    ended = run_locust(tmp_path, "-t", "2s", "--host", server.url, "--transport", "polling", "--agents", "32")
    assert ended.code == 0, ended.output
    assert server.seen("/api/v1/discovery")


def test_a_run_without_a_single_request_is_no_good_run(truth_server: Callable[..., TruthServer], tmp_path: Path) -> None:
    ended = run_locust(tmp_path, "-t", "1s", "--host", truth_server().url, "--agents", "2", "--arrivals-per-user", "0")
    assert ended.code == 3, ended.output
    assert "not one request" in ended.errors[0]


def test_no_module_shadows_another() -> None:
    """Locust puts the locustfile's folder first on sys.path: a module there called `statistics` would be everybody's."""
    ours = {path.stem for path in ROOM.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()} - {"__init__", "__main__"}
    assert not ours & {*sys.stdlib_module_names, *packages_distributions()}


def test_neither_gevent_nor_locust_is_in_this_process() -> None:
    assert not {"gevent", "locust"} & set(sys.modules)
