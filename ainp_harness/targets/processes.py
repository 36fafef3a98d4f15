"""Starting a child process so that nothing of it outlives the harness, and stopping it within a bound. Every child leads a
session and process group of its own and writes to a log file; if the harness dies, even by `kill -9`, its watcher process ends the
groups that are left."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ainp_harness.targets.errors import MissingProgram, TargetError
from ainp_harness.targets.watch import WATCH

GUARD = Path(__file__).with_name("guard.py")
STOP_S = 10.0
REAP_S = 5.0  # after SIGKILL only the kernel is waited for
TAIL_BYTES = 32_768
TAIL_LINE = 500


@dataclass(eq=False)
class Child:
    """A running (or ended) child process, the leader of its group."""

    name: str
    log: Path | None
    stop_signal: signal.Signals
    _popen: subprocess.Popen[bytes] = field(repr=False)
    _paused: list[psutil.Process] = field(default_factory=list, repr=False)
    _over: bool = field(default=False, repr=False)

    @property
    def pid(self) -> int:
        return self._popen.pid

    def poll(self) -> int | None:
        """The exit code (negative: the signal), or None while it runs."""
        code = self._popen.poll()
        if code is not None:
            self._bury()
        return code

    def wait(self, deadline_s: float) -> int | None:
        """Wait for its end; None when it still runs after `deadline_s` seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(deadline_s)
        return self.poll()

    def ask_to_stop(self) -> None:
        """Send the stop signal and return at once; `stop` afterwards waits. Lets several children end at the same time."""
        if self.poll() is None:
            self.resume()
            self._popen.send_signal(self.stop_signal)

    def stop(self, deadline_s: float = STOP_S) -> int:
        """Ask it to end, wait at most `deadline_s` seconds, then kill its group. Returns its exit code."""
        family = self._descendants()
        self.ask_to_stop()
        if self.wait(deadline_s) is None:
            self._popen.kill()
        return self._await_death(family)

    def kill(self) -> int:
        """End it by SIGKILL, with everything it started. Returns its exit code."""
        family = self._descendants()
        self._popen.kill()
        return self._await_death(family)

    def pause(self) -> None:
        """SIGSTOP it and everything it started, itself first so that it starts nothing meanwhile."""
        if self.poll() is not None:
            return
        self._popen.send_signal(signal.SIGSTOP)
        for member in self._descendants():
            with suppress(psutil.NoSuchProcess):
                member.suspend()
                # PostgreSQL's processes lead groups of their own; stopped, they would not notice that their parent is gone.
                WATCH.add(member.pid, signal.SIGKILL)
                self._paused.append(member)

    def resume(self) -> None:
        """SIGCONT everything that was paused."""
        for member in self._paused:
            with suppress(psutil.NoSuchProcess):
                member.resume()
            WATCH.remove(member.pid)
        self._paused.clear()
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGCONT)

    def tail(self, lines: int = 20) -> str:
        """The last lines of its log, bounded in number and length."""
        return tail(self.log, lines) if self.log else ""

    def _descendants(self) -> list[psutil.Process]:
        try:
            return list(psutil.Process(self.pid).children(recursive=True)) if self._popen.poll() is None else []
        except psutil.NoSuchProcess:
            return []

    def _await_death(self, family: Sequence[psutil.Process]) -> int:
        code = self.wait(REAP_S)
        if code is None:
            raise TargetError(f"{self.name} cannot be ended", where=f"process {self.pid}", todo="It hangs in the kernel: look at its disk.")
        self.resume()
        _end(family)
        return code

    def _bury(self) -> None:
        """Its group ends with it: now, since later the number of the group may belong to somebody else."""
        if self._over:
            return
        self._over = True
        with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM when only zombies are left
            os.killpg(self.pid, signal.SIGKILL)
        WATCH.remove(self.pid)


def start(
    argv: Sequence[str],
    *,
    name: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    log: Path | None = None,
    user: str | None = None,
    pass_fds: Sequence[int] = (),
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start a program that does not outlive the harness. May be called from any thread.

    `env` is the whole environment (None: ours). Output goes to `log`, appended (None: to where ours goes). `user` needs root.
    Raises MissingProgram, and OSError where the system refuses.
    """
    environment = dict(os.environ if env is None else env)
    program = shutil.which(argv[0], path=environment.get("PATH", os.defpath))
    if program is None:
        raise MissingProgram(argv[0])
    pipe = WATCH.pipe()
    command = [sys.executable, "-I", "-S", str(GUARD), str(pipe), str(int(stop_signal)), _identity(user), program, *argv[1:]]
    output = None if log is None else os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=cwd,
            start_new_session=True,
            pass_fds=(*pass_fds, pipe),
        )
    finally:
        if output is not None:
            os.close(output)
    WATCH.add(popen.pid, stop_signal, announced=True)
    return Child(name or Path(program).name, log, stop_signal, popen)


def stop_all(children: Iterable[Child], deadline_s: float = STOP_S) -> None:
    """Stop several children at the same time."""
    children = list(children)
    families = [child._descendants() for child in children]
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + deadline_s
    for child, family in zip(children, families, strict=True):
        child.stop(max(0.0, deadline - time.monotonic()))
        _end(family)


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a file that may be large, may hold anything, or may not be there."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            text = file.read(TAIL_BYTES).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(line[:TAIL_LINE] for line in text.splitlines()[-lines:])


def _end(family: Sequence[psutil.Process]) -> None:
    """Wait until descendants are gone; kill those that stay. Zombies count as gone: in a container nobody may reap them."""
    deadline = time.monotonic() + 1.0
    while left := [member for member in family if _lives(member)]:
        if time.monotonic() > deadline:
            for member in left:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            return
        time.sleep(0.005)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _identity(user: str | None) -> str:
    if user is None:
        return "-"
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise TargetError(f"there is no user {user!r}", where="the passwd database", todo="Run the harness as an ordinary user.") from None
    return f"{entry.pw_uid}:{entry.pw_gid}"
