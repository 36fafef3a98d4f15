"""The locustfile under Locust itself: it sends, its statistics count, and its folder shadows nobody's module."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

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


def test_no_module_shadows_another() -> None:
    """Locust puts the locustfile's folder first on sys.path: a module there called `statistics` would be everybody's."""
    ours = {path.stem for path in ROOM.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()} - {"__init__", "__main__"}
    assert not ours & {*sys.stdlib_module_names, *packages_distributions()}


def test_neither_gevent_nor_locust_is_in_this_process() -> None:
    assert not {"gevent", "locust"} & set(sys.modules)
