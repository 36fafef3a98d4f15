"""Children end when they are told to, when they don't listen, and when the harness is killed."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from ainp_harness.targets.errors import MissingProgram, TargetError
from ainp_harness.targets.processes import Child, start, stop_all, tail
from tests.targets.conftest import eventually, lives

SLEEPER = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]
PARENT = ["sh", "-c", "sleep 600 & echo $!; wait"]


def is_up(child: Child) -> bool:
    return eventually(lambda: bool(child.tail().strip()))


def test_output_goes_to_the_log_and_the_environment_is_exactly_the_given_one(tmp_path: Path) -> None:
    log = tmp_path / "child.log"

    code = start(["sh", "-c", "echo out; echo err >&2; env; exit 3"], env={"PATH": os.environ["PATH"], "GIVEN": "1"}, log=log).wait(10)

    lines = log.read_text().splitlines()
    assert code == 3
    assert lines[:2] == ["out", "err"]
    assert "GIVEN=1" in lines
    assert not [line for line in lines if line.startswith("HOME=")]


def test_a_child_leads_a_group_of_its_own_and_can_be_given_descriptors(tmp_path: Path) -> None:
    reading, writing = os.pipe()

    child = start(
        [sys.executable, "-c", f"import os, time; os.write({writing}, b'hello\\n'); time.sleep(600)"],
        log=tmp_path / "log",
        pass_fds=[writing],
    )

    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.readline() == "hello\n"
    assert os.getpgid(child.pid) == child.pid
    child.stop()


def test_a_child_can_be_interrupted_even_when_we_ignore_that(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = start(SLEEPER, log=tmp_path / "log", stop_signal=signal.SIGINT)
        assert is_up(child)

        assert child.stop(10) == -signal.SIGINT
        assert "KeyboardInterrupt" in child.tail()
    finally:
        signal.signal(signal.SIGINT, before)


def test_stop_asks_first(tmp_path: Path) -> None:
    child = start(["sh", "-c", "trap 'echo bye; exit 7' TERM; echo up; sleep 600 & wait"], log=tmp_path / "log")
    assert is_up(child)

    assert child.stop(10) == 7
    assert child.tail().splitlines() == ["up", "bye"]


def test_stop_kills_a_child_that_does_not_listen(tmp_path: Path) -> None:
    child = start(STUBBORN, log=tmp_path / "log")
    assert is_up(child)

    assert child.stop(deadline_s=0.1) == -signal.SIGKILL


def test_several_children_are_stopped_together(tmp_path: Path) -> None:
    children = [start(STUBBORN, log=tmp_path / f"log{number}") for number in range(3)]
    assert all(is_up(child) for child in children)

    stop_all(children, deadline_s=0.1)

    assert [child.poll() for child in children] == [-signal.SIGKILL] * 3


@pytest.mark.parametrize("ending", [Child.stop, Child.kill])
def test_what_a_child_started_ends_with_it(tmp_path: Path, ending) -> None:
    child = start(PARENT, log=tmp_path / "log")
    assert is_up(child)
    grandchild = int(child.tail())

    ending(child)

    assert eventually(lambda: not lives(grandchild))


def test_what_a_child_started_ends_also_when_the_child_ends_by_itself(tmp_path: Path) -> None:
    child = start(["sh", "-c", "sleep 600 & echo $!"], log=tmp_path / "log")

    assert child.wait(10) == 0
    assert eventually(lambda: not lives(int(child.tail())))


def test_a_paused_child_can_be_stopped(tmp_path: Path) -> None:
    child = start(PARENT, log=tmp_path / "log")
    assert is_up(child)

    child.pause()

    assert child.stop(10) == -signal.SIGTERM


def test_a_child_survives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[Child] = []
    thread = threading.Thread(target=lambda: started.append(start(SLEEPER, log=tmp_path / "log")))
    thread.start()
    thread.join()

    assert is_up(started[0])
    assert started[0].wait(0.2) is None
    started[0].stop()


HARNESS = """
    import sys, time
    from pathlib import Path
    from ainp_harness.targets.processes import start
    child = start(["sh", "-c", "sleep 600 & echo $!; wait"], log=Path(sys.argv[1]))
    while not child.tail().strip():
        time.sleep(0.01)
    if sys.argv[2] == "paused":
        child.pause()
    print(child.pid, child.tail(), flush=True)
    if sys.argv[2] == "exit":
        sys.exit()
    time.sleep(600)
"""


@pytest.mark.parametrize(
    ("state", "how"), [("running", signal.SIGKILL), ("paused", signal.SIGKILL), ("running", signal.SIGTERM), ("exit", None)]
)
def test_nothing_outlives_the_harness(tmp_path: Path, state: str, how: signal.Signals | None) -> None:
    command = [sys.executable, "-c", textwrap.dedent(HARNESS), str(tmp_path / "log"), state]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as harness:
        assert harness.stdout
        pids = [int(pid) for pid in harness.stdout.readline().split()]
        assert len(pids) == 2
        if how is not None:
            assert all(lives(pid) for pid in pids)
            harness.send_signal(how)

    assert eventually(lambda: not any(lives(pid) for pid in pids))


def test_a_program_that_does_not_exist_is_said_at_once() -> None:
    with pytest.raises(MissingProgram, match="no-such-program"):
        start(["no-such-program"])


def test_a_user_that_does_not_exist_is_said_at_once() -> None:
    with pytest.raises(TargetError, match="no-such-user"):
        start(["true"], user="no-such-user")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a child as another user")
def test_root_can_start_a_child_as_another_user(tmp_path: Path) -> None:
    child = start(["id", "-un"], user="nobody", log=tmp_path / "log")

    assert child.wait(10) == 0
    assert child.tail() == "nobody"


def test_the_tail_of_a_large_log_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 10_000_000 + b"\nlast \xff line\n")

    lines = tail(log, 2).splitlines()

    assert len(lines[0]) == 500
    assert lines[1] == "last � line"
    assert tail(tmp_path / "none") == ""
