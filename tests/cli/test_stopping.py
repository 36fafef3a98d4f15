"""Stopping: Ctrl-C leaves a readable bundle and no process, kill -9 leaves no process, a full disk leaves what was written."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Harness

PROGRAM = str(Path(sys.executable).with_name("ainp-harness"))

STOP_S = 5
"""Ctrl-C stops everything within this time."""


def begin(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    with (folder / "out.txt").open("w") as log:
        return subprocess.Popen([PROGRAM, "certify", *arguments], cwd=folder, stdout=log, stderr=log, text=True, start_new_session=True)


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def wait_for(what: Callable[[], object], timeout_s: float = 40) -> None:
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def gone(processes: list[psutil.Process], timeout_s: float) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=timeout_s)
    return not [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def recorded(folder: Path) -> bool:
    return any(path.stat().st_size > 20_000 for path in folder.glob("runs/*/exchanges/c0.jsonl"))


def test_ctrl_c_during_the_suite_leaves_a_bundle_marked_as_interrupted(harness: Harness, tmp_path: Path) -> None:
    process = begin(tmp_path)
    wait_for(lambda: recorded(tmp_path))
    children = family(process)
    assert len(children) >= 5  # the servers, the broker, the suite
    process.send_signal(signal.SIGINT)
    process.wait(STOP_S)
    assert process.returncode == 130
    assert gone(children, 1)

    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "end.json").read_text())["reason"] == "interrupted"
    judged = harness("judge", str(folder))
    assert judged.returncode == 1
    assert "INTERRUPTED" in judged.stdout
    assert "Traceback" not in judged.stdout + judged.stderr


def test_ctrl_c_while_starting_leaves_nothing(tmp_path: Path) -> None:
    process = begin(tmp_path)
    wait_for(lambda: len(family(process)) >= 2)
    children = family(process)
    process.send_signal(signal.SIGINT)
    process.wait(STOP_S)
    assert process.returncode == 130
    assert gone(children, 1)
    assert "Traceback" not in (tmp_path / "out.txt").read_text()


def test_kill_9_leaves_no_orphan(tmp_path: Path) -> None:
    process = begin(tmp_path)
    wait_for(lambda: recorded(tmp_path))
    children = family(process)
    process.kill()
    process.wait(5)
    assert gone(children, 5)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB; needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_our_fault_and_not_the_brokers(harness: Harness, tmp_path: Path, small_disk: Path) -> None:
    done = harness("certify", "--no-load", "--out", str(small_disk))
    told = done.stdout + done.stderr
    assert done.returncode == 4, told
    assert "disk is full" in " ".join(told.split())
    assert "Traceback" not in told
    (folder,) = small_disk.iterdir()
    assert (folder / "run.json").exists()  # what was written stays readable
    free = tmp_path / "copy"
    shutil.copytree(folder, free)
    judged = harness("judge", str(free))
    assert judged.returncode == 1
    assert "PASSED" not in judged.stdout
