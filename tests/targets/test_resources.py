"""Samples cover a whole process tree, and a process that goes is recorded and never raised."""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from ainp_harness.targets.processes import start
from ainp_harness.targets.resources import ResourceSample, Sampler, sample
from tests.targets.conftest import eventually

HELD = 50_000_000
CHILD = f"import time; held = b'x' * {HELD}; print('up', flush=True); time.sleep(600)"
TREE = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {CHILD!r}]); time.sleep(600)"
BUSY = "import time\nwhile time.process_time() < 0.2: pass"
REAPED = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {BUSY!r}]); print('up', flush=True); time.sleep(600)"


def test_a_sample_counts_what_a_process_started(tmp_path: Path) -> None:
    tree = start([sys.executable, "-c", TREE], log=tmp_path / "log")
    assert eventually(lambda: tree.tail() == "up")

    (found,) = sample([("broker", tree.pid)], clock=lambda: 12.5)

    assert (found.at, found.role, found.pid, found.gone) == (12.5, "broker", tree.pid, False)
    assert found.processes == 2
    assert found.rss > HELD
    assert found.threads >= 2
    assert found.fds >= 6
    assert found.started_at == psutil.Process(tree.pid).create_time()
    if sys.platform == "linux":
        assert HELD < found.pss <= found.rss
        assert found.hwm >= found.rss * 0.9
    tree.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="the time of ended children is known on Linux only")
def test_the_cpu_time_of_ended_children_is_not_lost(tmp_path: Path) -> None:
    parent = start([sys.executable, "-c", REAPED], log=tmp_path / "log")
    assert eventually(lambda: parent.tail() == "up")

    (found,) = sample([("broker", parent.pid)])

    assert found.processes == 1
    assert found.cpu_s >= 0.19
    parent.stop()


def test_a_process_that_is_gone_is_a_sample_too(tmp_path: Path) -> None:
    child = start(["true"], log=tmp_path / "log")
    child.wait(10)

    (found,) = sample([("broker", child.pid)])

    assert found.gone
    assert found.rss is None


def test_the_sampler_follows_a_restart_and_records_the_end(tmp_path: Path) -> None:
    first, second = (start(["sleep", "600"], log=tmp_path / "log") for _ in range(2))
    running = [("broker", first.pid)]
    seen: list[ResourceSample] = []

    with Sampler(lambda: tuple(running), seen.extend, interval_s=0.01) as sampler:
        assert eventually(lambda: any(found.pid == first.pid for found in seen))
        first.stop()
        assert eventually(lambda: seen[-1].gone)
        running[:] = [("broker", second.pid)]
        assert eventually(lambda: seen[-1].pid == second.pid)

    assert sampler.failure is None
    assert sampler.dropped == 0
    second.stop()


def test_a_sink_that_fails_gets_its_samples_later_and_never_stops_the_run() -> None:
    seen: list[ResourceSample] = []
    calls: list[int] = []
    recovered = threading.Event()

    def sink(samples: Sequence[ResourceSample]) -> None:
        calls.append(len(samples))
        if len(calls) < 3:
            raise OSError("disk full")
        seen.extend(samples)
        recovered.set()

    with Sampler(lambda: [("broker", 2**22 + 1)], sink, interval_s=0.01) as sampler:
        assert recovered.wait(10)

    assert calls[:3] == [1, 2, 3]
    assert len(seen) == len({found.at for found in seen}) >= 3
    assert isinstance(sampler.failure, OSError)


def test_what_a_failing_sink_does_not_take_is_bounded_and_counted() -> None:
    def sink(_: Sequence[ResourceSample]) -> None:
        raise OSError("disk full")

    with Sampler(lambda: [("broker", 2**22 + 1)], sink, interval_s=0.001, buffered=2) as sampler:
        assert eventually(lambda: sampler.dropped >= 3)
