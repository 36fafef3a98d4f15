"""The harness's end of the pipe to its watcher process, one a harness process. It only knows process ids and signals;
starting and stopping children is in `processes`, ending what is left over in `watcher`."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from pathlib import Path

SCRIPT = Path(__file__).with_name("watcher.py")


class Watch:
    """Keeps the watcher running, and tells it who lives. Thread-safe.

    PR_SET_PDEATHSIG would do for direct children on Linux, but it follows the forking thread, misses grandchildren and exists nowhere else:
    end of file on a pipe has none of these limits.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._watcher: subprocess.Popen[bytes] | None = None
        self._pipe = -1
        self._living: dict[int, int] = {}

    def pipe(self) -> int:
        """The descriptor on which a child announces itself; starts the watcher when there is none."""
        with self._lock:
            self._ensure_watcher()
            return self._pipe

    def add(self, pid: int, stop_signal: int, *, announced: bool = False) -> None:
        """Remember a process group; `announced` when the child has written to the pipe itself."""
        with self._lock:
            self._living[pid] = stop_signal
            if not announced:
                self._ensure_watcher()
                os.write(self._pipe, b"+%d %d\n" % (pid, stop_signal))

    def remove(self, pid: int) -> None:
        """Forget a process group that has ended, before its number can belong to somebody else."""
        with self._lock:
            self._living.pop(pid, None)
            if self._watcher is not None and self._watcher.poll() is None:
                os.write(self._pipe, b"-%d\n" % pid)

    def close(self) -> None:
        """Let the watcher go: it ends whatever is still registered."""
        with self._lock:
            if self._watcher is None:
                return
            os.close(self._pipe)
            self._watcher.wait(timeout=10)
            self._watcher = None
            self._pipe = -1

    def forget_in_fork(self) -> None:
        """A forked copy of the harness must not keep the pipe open, nor think that these children are its own."""
        if self._pipe >= 0:
            os.close(self._pipe)
        self._begin()  # with a new lock: a thread that does not exist in this copy may hold the old one

    def _ensure_watcher(self) -> None:
        if self._watcher is not None and self._watcher.poll() is None:
            return
        if self._pipe >= 0:
            os.close(self._pipe)
        reading, self._pipe = os.pipe()
        try:
            self._watcher = subprocess.Popen(
                [sys.executable, "-I", "-S", str(SCRIPT)],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,  # what is sent to the harness's group or terminal must not reach the watcher
            )
        finally:
            os.close(reading)
        for pid, stop_signal in self._living.items():
            os.write(self._pipe, b"+%d %d\n" % (pid, stop_signal))


WATCH = Watch()
atexit.register(WATCH.close)
os.register_at_fork(after_in_child=WATCH.forget_in_fork)
