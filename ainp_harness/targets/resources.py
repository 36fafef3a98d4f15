"""What processes take: memory, CPU, threads and descriptors of a process with everything it started, once a second.
A process that has gone is a finding of the run, never an error of the sampling."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

INTERVAL_S = 1.0
BUFFERED = 3600  # an hour of one role, when the sink does not take them
JOIN_S = 10.0
KB = 1024
Gone = (psutil.NoSuchProcess, psutil.ZombieProcess)


@dataclass(frozen=True)
class ResourceSample:
    """One look at a process tree. Memory in bytes; None: not readable here. When `gone`, every number is None.

    `hwm`: the sum of each process's own peak, so an upper bound of the tree's peak. `cpu_s`: user and system, of ended children too.
    """

    at: float  # unix time, seconds
    role: str
    pid: int
    gone: bool
    rss: int | None = None  # shared pages count once for every process of the tree
    pss: int | None = None  # shared pages count in parts: the figure to judge
    hwm: int | None = None
    cpu_s: float | None = None
    processes: int | None = None
    threads: int | None = None
    fds: int | None = None
    started_at: float | None = None


@dataclass(frozen=True)
class _Look:
    """One process of a tree."""

    rss: int
    pss: int | None
    hwm: int | None
    cpu_s: float
    threads: int
    fds: int | None


def sample(processes: Iterable[tuple[str, int]], *, clock: Callable[[], float] = time.time) -> list[ResourceSample]:
    """Look at each (role, pid) once."""
    return [_sample_tree(role, pid, clock()) for role, pid in processes]


def _sample_tree(role: str, pid: int, at: float) -> ResourceSample:
    try:
        root = psutil.Process(pid)
        started_at = root.create_time()
        own = _look(root)
        children = root.children(recursive=True)
    except Gone:
        return ResourceSample(at, role, pid, gone=True)
    looks = [own]
    for child in children:
        try:
            looks.append(_look(child))
        except Gone:
            continue  # ended meanwhile: its CPU time is in its parent's from now on
    return ResourceSample(
        at,
        role,
        pid,
        gone=False,
        rss=sum(look.rss for look in looks),
        pss=_total(look.pss for look in looks),
        hwm=_total(look.hwm for look in looks),
        cpu_s=sum(look.cpu_s for look in looks),
        processes=len(looks),
        threads=sum(look.threads for look in looks),
        fds=_total(look.fds for look in looks),
        started_at=started_at,
    )


def _look(process: psutil.Process) -> _Look:
    with process.oneshot():
        if process.status() == psutil.STATUS_ZOMBIE:
            raise psutil.ZombieProcess(process.pid)
        cpu = process.cpu_times()
        return _Look(
            rss=process.memory_info().rss,
            pss=_kilobytes(process.pid, "smaps_rollup", "Pss:"),
            hwm=_kilobytes(process.pid, "status", "VmHWM:"),
            cpu_s=cpu.user + cpu.system + cpu.children_user + cpu.children_system,
            threads=process.num_threads(),
            fds=_descriptors(process),
        )


def _kilobytes(pid: int, file: str, field: str) -> int | None:
    """A size from Linux's /proc in bytes; None on other systems, for others' processes, and for what has just gone."""
    if sys.platform != "linux":
        return None
    try:
        text = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8", errors="replace")
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return None
    for line in text.splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * KB
    return None


def _descriptors(process: psutil.Process) -> int | None:
    try:
        return int(process.num_fds())
    except psutil.AccessDenied:
        return None


def _total(values: Iterable[int | None]) -> int | None:
    """The sum, when every part is known: a sum with a part missing would look like less."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


class Sampler:
    """Samples in a thread of its own and hands batches to `sink`. `processes` is asked each time, since a restart changes process ids.

    A sink that fails gets its samples again with the next batch; `failure` keeps the last error, `dropped` counts what did not fit.
    """

    def __init__(
        self,
        processes: Callable[[], Sequence[tuple[str, int]]],
        sink: Callable[[Sequence[ResourceSample]], None],
        *,
        interval_s: float = INTERVAL_S,
        buffered: int = BUFFERED,
    ) -> None:
        self.failure: Exception | None = None
        self.dropped = 0
        self._processes = processes
        self._sink = sink
        self._interval_s = interval_s
        self._waiting: deque[ResourceSample] = deque(maxlen=buffered)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resource-sampler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            self._tick()
            due = max(due + self._interval_s, time.monotonic())  # a late one is not made up for by two at once
            if self._stopping.wait(due - time.monotonic()):
                break
        self._tick()

    def _tick(self) -> None:
        try:
            self._keep(sample(self._processes()))
            self._sink(tuple(self._waiting))
        except Exception as error:  # noqa: BLE001  # measuring must not end the run it measures; the caller finds it in `failure`
            self.failure = error
        else:
            self._waiting.clear()

    def _keep(self, samples: Sequence[ResourceSample]) -> None:
        room = self._waiting.maxlen or 0
        self.dropped += max(0, len(self._waiting) + len(samples) - room)
        self._waiting.extend(samples)
