"""What a target is to the rest of the harness: where the broker under test is, what of it can be seen and touched, and what is
known about it. Each kind of target is a subclass; nothing here starts anything."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets.commands import CommandRun, no_command
from ainp_harness.targets.errors import TargetError

Role = str  # 'broker' ('broker-2' and so on for further instances), 'postgres', 'redis', 'nats'


@dataclass(frozen=True)
class BrokerStart:
    """One start of a broker process. `ready_s`: seconds from its start to the first 200 of /health/ready, None if nobody waited."""

    role: Role
    started_at: float  # unix time, seconds
    port: int
    ready_s: float | None


class Control(Protocol):
    """Faults and repairs of a target's processes. Every call returns when it is done, and raises TargetError when it cannot be."""

    @property
    def roles(self) -> tuple[Role, ...]: ...

    def stop(self, role: Role, *, kill: bool = False, deadline_s: float | None = None) -> None:
        """End it: in its own way within `deadline_s` (None: a few seconds), or by SIGKILL. One that has ended already is fine."""

    def start(self, role: Role, *, wait: bool = True) -> float | None:
        """Start it again, with its data and address; seconds until it was ready, None without `wait`."""

    def restart(self, role: Role, *, kill: bool = False, wait: bool = True) -> float | None:
        """Stop, then start."""

    def pause(self, role: Role) -> None:
        """Freeze it: its connections stay open and nothing answers."""

    def resume(self, role: Role) -> None:
        """Let a frozen one go on."""


class Target(ABC):
    """A broker under test. A context manager: entering starts what has to be started, leaving stops it."""

    name: str  # 'url', 'embedded', 'docker', 'compose'
    base_url: str
    reach: frozenset[Need] = frozenset()
    control: Control | None = None
    logs_dir: Path | None = None
    database_url: str | None = None
    stream_url: str | None = None
    redis_url: str | None = None
    cors_origin: str | None = None  # an origin the broker is configured to allow
    did_web_host: str | None = None  # HOST:PORT of this machine whose did:web documents the broker was told it may ask for
    did_web_address: str | None = None  # the host or address of this machine to serve them on, at that port
    headers: Mapping[str, str] = {}  # to be sent with every request
    settings: Mapping[str, str] = {}  # further settings of the broker, secrets perhaps among them
    commands: Mapping[str, Sequence[str]] = {}  # name to arguments, of the commands that its configuration names

    @property
    def base_urls(self) -> tuple[str, ...]:
        """One URL for each instance that can be reached by itself."""
        return (self.base_url,)

    @abstractmethod
    def start(self) -> None:
        """Start it. Raises TargetError, after stopping what was started."""

    @abstractmethod
    def stop(self) -> None:
        """Stop all that was started, in whatever state it is. May be called twice."""

    @abstractmethod
    def processes(self) -> Sequence[tuple[Role, int]]:
        """Role and process id of what runs at this moment, for sampling resources."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What the run records about the target: plain JSON values."""

    @property
    def logs(self) -> Mapping[Role, Path]:
        """The log file of each part that runs."""
        return {} if self.logs_dir is None else {role: self.logs_dir / f"{role}.log" for role, _ in self.processes()}

    def run(self, command: str, *, label: str = "", database: str | None = None, deadline_s: float) -> CommandRun:
        """Run one of its commands with the broker's settings.

        Args:
            label: names a backup, the same one for making and for restoring it.
            database: another database of the same server to work on.

        Raises TargetError, when there is no such command.
        """
        raise no_command(command, list(self.commands))

    def container_facts(self, role: Role) -> dict[str, Any]:
        """As whom a part's container runs, and what in its image looks like a secret. Raises TargetError where there is no container."""
        raise TargetError(f"{role} runs in no container", where="this target", todo="Use --target docker.")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def describe_starts(starts: Sequence[BrokerStart]) -> dict[str, Any]:
    """The part of a target's facts about starting: the first ready time, and every start."""
    first = starts[0].ready_s if starts else None
    return {"ready_s": first, "start_count": len(starts), "starts": [asdict(start) for start in starts]}


def did_web_facts(target: Target) -> dict[str, Any]:
    """The part of a target's facts about did:web: which HOST:PORT the broker may ask, and where on this machine that is."""
    if target.did_web_host is None or target.did_web_address is None:
        return {}
    return {"didweb_host": target.did_web_host, "didweb_address": target.did_web_address}
