"""The reference broker (or another command that keeps its contract) as a process of its own: settings by environment only,
JSON log lines on stdout, and ready once GET /health/ready answers 200."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ainp_harness.promises.profiles import Constants
from ainp_harness.targets.commands import MIGRATE_NAME, REFERENCE
from ainp_harness.targets.errors import NoFreePort, ServerDied, StartTimeout, TargetError
from ainp_harness.targets.ports import HOST, free_port, is_taken, says_in_use
from ainp_harness.targets.processes import STOP_S, Child, start
from ainp_harness.targets.rooms import clean_environment
from ainp_harness.targets.servers import died
from ainp_harness.targets.target import BrokerStart, Role

MIGRATE = REFERENCE[MIGRATE_NAME]
SERVE = (sys.executable, "-P", "-m", "reference_broker", "serve")
READY_PATH = "/health/ready"
READY_S = 300.0  # deployment summary, "Health check: /health/ready (300s timeout)"
MIGRATE_S = 60.0
LOOK_EVERY_S = 0.01
LOOK_S = 2.0
PORT_ATTEMPTS = 5


def constant_settings(constants: Constants) -> dict[str, str]:
    """The settings with which the reference broker runs by these constants: each has its setting of the same name."""
    return {name.upper(): f"{value:g}" for name, value in constants.model_dump().items()}


@dataclass(frozen=True)
class Command:
    """How a broker is started: its arguments, its settings without HOST and PORT, and folders to import from before the rooms."""

    argv: Sequence[str]
    settings: Mapping[str, str]
    module_path: Sequence[Path] = ()

    def environment(self, port: int | None = None) -> dict[str, str]:
        address = {} if port is None else {"HOST": HOST, "PORT": str(port)}
        return clean_environment({**address, **self.settings}, first_on_path=self.module_path)


def migrate(command: Command, *, log: Path, deadline_s: float = MIGRATE_S) -> None:
    """Run the migrations to their end."""
    child = start(command.argv, name="migrate", env=command.environment(), log=log)
    try:
        code = child.wait(deadline_s)
        if code is None:
            raise StartTimeout("migrate", deadline_s=deadline_s, log=log, tail=child.tail())
        if code != 0:
            raise died("migrate", child)
    finally:
        child.stop()


@dataclass
class Broker:
    """One instance. `port` given: that one or NoFreePort; none: a free one, kept over restarts."""

    role: Role
    command: Command
    log: Path
    port: int | None = None
    starts: list[BrokerStart] = field(default_factory=list)
    child: Child | None = None
    _chosen: bool = False  # the port was once served on, or was given

    def __post_init__(self) -> None:
        self._chosen = self.port is not None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self, *, wait: bool = True, deadline_s: float = READY_S) -> float | None:
        """Start it; seconds from the start of the process to its first ready answer, None without `wait`."""
        if self.child is not None and self.child.poll() is None:
            raise TargetError(f"{self.role} runs already", where=self.url, todo="Stop it before it is started again.")
        for _ in range(1 if self._chosen else PORT_ATTEMPTS):
            try:
                return self._start_once(wait, deadline_s)
            except ServerDied as error:
                self.stop()
                if not says_in_use(error.tail):
                    raise
        raise NoFreePort(self.port if self._chosen else None, host=HOST)

    def stop(self, *, deadline_s: float = STOP_S) -> None:
        if self.child is not None:
            self.child.stop(deadline_s)
            self.child = None

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child = None

    def running(self) -> Child:
        """Its process; raises when there is none."""
        if self.child is None or self.child.poll() is not None:
            raise TargetError(f"{self.role} does not run", where=str(self.log), todo="Start it before it is paused or resumed.")
        return self.child

    def _start_once(self, wait: bool, deadline_s: float) -> float | None:
        port = self.port if self._chosen and self.port is not None else free_port()
        if self._chosen and is_taken(port):
            raise NoFreePort(port, host=HOST)
        self.port = port
        started_at, began = time.time(), time.monotonic()
        self.child = start(self.command.argv, name=self.role, env=self.command.environment(port), log=self.log)
        ready_s = self._wait_ready(self.child, port, began, deadline_s) if wait else None
        self._chosen = True
        self.starts.append(BrokerStart(self.role, started_at, port, ready_s))
        return ready_s

    def _wait_ready(self, child: Child, port: int, began: float, deadline_s: float) -> float:
        last = "none"
        while (elapsed := time.monotonic() - began) < deadline_s:
            status = ready_status(port, deadline_s=LOOK_S)
            if child.poll() is not None:  # looked at after asking: the answer may come from another program on its port
                raise died(self.role, child)
            if status == http.client.OK:
                return time.monotonic() - began
            last = str(status) if status else last
            time.sleep(min(LOOK_EVERY_S, deadline_s - elapsed))
        raise StartTimeout(self.role, deadline_s=deadline_s, log=self.log, tail=child.tail(), last=f"{READY_PATH} said {last}")


def ready_status(port: int, *, deadline_s: float) -> int | None:
    """The status of one readiness request to the loopback address, None when nothing answered."""
    connection = http.client.HTTPConnection(HOST, port, timeout=deadline_s)
    try:
        connection.request("GET", READY_PATH)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
