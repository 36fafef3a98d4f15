"""A script, not a module: outlives the harness by a moment and ends every process group the harness still had.
It reads lines `+PID SIGNAL` and `-PID` from its standard input; end of file there means that nobody of the harness is left,
however it died. Standard library only: it starts with `python -I -S`, and it takes 10 ms."""

import os
import sys
import time
from collections.abc import Callable

GRACE_S = 3.0
SIGCONT = 19 if sys.platform == "darwin" else 18
SIGKILL = 9


def send(deliver: Callable[[int, int], None], pid: int, signum: int) -> bool:
    """Deliver a signal; False when there is nothing (of ours) left to receive it."""
    try:
        deliver(pid, signum)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def read_until_orphaned() -> dict[int, int]:
    """Follow what the harness says until its last copy of the pipe is closed."""
    living: dict[int, int] = {}
    rest = b""
    while data := os.read(0, 65536):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"+"):
                pid, signum = line[1:].split()
                living[int(pid)] = int(signum)
            else:
                living.pop(int(line[1:]), None)
    return living


def lives(pid: int) -> bool:
    """Whether a process runs. A zombie does not; only Linux tells it apart here, elsewhere it is waited for."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123  # pathlib would double what this script takes to start
            return stat.read().rpartition(b")")[2].split()[0] != b"Z"
    except (FileNotFoundError, ProcessLookupError):
        return sys.platform != "linux" and send(os.kill, pid, 0)


def end(living: dict[int, int]) -> None:
    """Ask each leader in its own way first: PostgreSQL removes its shared memory only when it is asked."""
    for pid, signum in living.items():
        send(os.kill, pid, signum)
        send(os.killpg, pid, SIGCONT)
    deadline = time.monotonic() + GRACE_S
    while any(lives(pid) for pid in living) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in living:
        send(os.killpg, pid, SIGKILL)


if __name__ == "__main__":
    end(read_until_orphaned())
