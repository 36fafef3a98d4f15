"""The three services behind a broker, as real servers on this machine, without Docker or root: launched together and waited for
together. What is particular to each is in `postgres`, `redis_server` and `nats`; what they share, and their start and stop, is here."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ainp_harness.targets.errors import DiskFull, ServerDied, StartTimeout, TargetError, mentions_full_disk
from ainp_harness.targets.processes import Child, stop_all

READY_S = 30.0  # measured: 0.3 s
STOP_S = 10.0
LOOK_EVERY_S = 0.005


@dataclass(frozen=True)
class Room:
    """Where a server may live: its private folder, its log, and as whom it runs."""

    folder: Path
    log: Path
    user: str | None


class Server(ABC):
    """A service that can be started and stopped again on the same data and the same address."""

    role: str

    def __init__(self, room: Room) -> None:
        self.room = room
        self.child: Child | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """What a broker connects to. Known once the server has been ready."""

    @abstractmethod
    def launch(self) -> None:
        """Start the process and return at once."""

    @abstractmethod
    def answers(self) -> bool:
        """One look, without waiting: whether it serves. The process is known to run."""

    @abstractmethod
    def version(self) -> str | None:
        """What the running server calls itself."""

    def ready(self) -> bool:
        """One look; raises ServerDied or DiskFull when its process has ended."""
        if self.child is None:
            raise TargetError(f"{self.role} is not started", where="this target", todo="Start it first.")
        if self.child.poll() is not None:
            raise died(self.role, self.child)
        return self.answers()

    def running(self) -> Child:
        """Its process; raises when there is none."""
        if self.child is None or self.child.poll() is not None:
            raise TargetError(f"{self.role} does not run", where=str(self.room.log), todo="Start it before it is paused or resumed.")
        return self.child


def died(role: str, child: Child) -> TargetError:
    """The error for a server that ended by itself, by what its log says."""
    tail = child.tail()
    if mentions_full_disk(tail):
        return DiskFull(f"{role}, log {child.log}")
    return ServerDied(role, code=child.poll(), log=child.log, tail=tail)


def start_servers(servers: Sequence[Server], *, deadline_s: float = READY_S) -> None:
    """Launch all of them, then wait until every one serves. What was launched stays for the caller to stop."""
    for server in servers:
        server.launch()
    waiting = list(servers)
    deadline = time.monotonic() + deadline_s
    while waiting := [server for server in waiting if not server.ready()]:
        if time.monotonic() > deadline:
            late = waiting[0]
            tail = late.child.tail() if late.child else ""
            raise StartTimeout(late.role, deadline_s=deadline_s, log=late.room.log, tail=tail)
        time.sleep(LOOK_EVERY_S)


def stop_servers(servers: Sequence[Server], *, deadline_s: float = STOP_S) -> None:
    """Stop all of them at the same time, in any state."""
    stop_all([server.child for server in servers if server.child is not None], deadline_s)
    for server in servers:
        server.child = None


def last_match(pattern: re.Pattern[str], log: Path) -> str | None:
    """The last thing a log says by this pattern (a server that was started again may have another version)."""
    try:
        found = pattern.findall(log.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return None
    return str(found[-1]) if found else None
