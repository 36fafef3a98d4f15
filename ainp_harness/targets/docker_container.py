"""One service of a Docker target as a container: created by testcontainers, published on a port that stays the same over restarts,
its log followed into a file. Stops, starts and pauses; what the services are is in `docker_services`."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from docker import errors
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from ainp_harness.targets.commands import OUTPUT_BYTES, CommandRun
from ainp_harness.targets.docker_daemon import LOOPBACK, OWNER, Daemon, explanation, owner, runs_here, speaking
from ainp_harness.targets.docker_images import Image
from ainp_harness.targets.docker_logs import LogFollower
from ainp_harness.targets.docker_looks import Look
from ainp_harness.targets.errors import NoFreePort, ServerDied, StartTimeout, TargetError
from ainp_harness.targets.ports import free_port, says_in_use
from ainp_harness.targets.processes import tail
from ainp_harness.targets.target import Role

STOP_S = 10
TIMED_OUT = 124  # timeout(1)
LOOK_EVERY_S = 0.02
PORT_ATTEMPTS = 5
REMOTE_PORTS = range(20_000, 30_000)  # below the ports that systems give to outgoing connections
PORT_TEXTS = ("port is already allocated", "ports are not available")


@dataclass(frozen=True)
class Service:
    """What one container is to be. `files`: absolute path in the container to content; its own folder must exist in the image."""

    role: Role
    image: Image
    port: int
    look: Look
    command: Sequence[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    memory: str | None = None
    host_port: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # further host names, as in /etc/hosts


class Part:
    """A service that can be started and stopped again on the same data and the same address."""

    def __init__(self, service: Service, daemon: Daemon, network: Network, log: Path) -> None:
        self.service = service
        self.log = log
        self.pid: int | None = None  # on this machine; None when it does not run here
        self.host_port = 0
        self._daemon = daemon
        self._network = network
        self._container: DockerContainer | None = None
        self._follower: LogFollower | None = None

    @property
    def role(self) -> Role:
        return self.service.role

    @property
    def address(self) -> tuple[str, int]:
        with speaking(f"looking for {self.role}"):
            return self._daemon.address(self.id, port=self.service.port, published=self.host_port)

    @property
    def id(self) -> str:
        return self._made().get_container_id()

    def inspect(self) -> dict[str, Any]:
        """What the daemon knows about the container at this moment."""
        with speaking(f"looking at {self.role}"):
            wrapped = self._wrapped()
            wrapped.reload()
            return dict(wrapped.attrs)

    def launch(self) -> None:
        """Create and start it, and return at once. The first time a port is found; later it must be free still."""
        if self._container is not None:
            self._start_again()
            return
        for _ in range(1 if self.service.host_port else PORT_ATTEMPTS):
            self.host_port = self.service.host_port or self._candidate_port()
            try:
                self._create()
            except errors.APIError as error:
                self.remove()
                if not _says_port(error):
                    with speaking(f"starting {self.role}"):
                        raise
                continue
            self._started()
            return
        raise NoFreePort(self.service.host_port, host=self._daemon.publish_on)

    def wait_ready(self, *, began: float, deadline_s: float) -> float:
        """Seconds from `began` (monotonic) to the first look that found it serving."""
        host, port = self.address
        while not self.service.look(host, port):
            self.check_running()
            if time.monotonic() - began > deadline_s:
                raise StartTimeout(self.role, deadline_s=deadline_s, log=self.log, tail=tail(self.log))
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - began

    def check_running(self) -> None:
        """Raises ServerDied when it has ended."""
        state = self.inspect()["State"]
        if not state["Running"]:
            self._ended()
            raise ServerDied(self.role, code=state.get("ExitCode"), log=self.log, tail=tail(self.log))

    def is_running(self) -> bool:
        return bool(self._container) and bool(self.inspect()["State"]["Running"])

    def stop(self, *, kill: bool = False, deadline_s: float = STOP_S) -> None:
        """End it, in its own way within a time or by SIGKILL. One that has ended already is fine."""
        with speaking(f"stopping {self.role}"):
            wrapped = self._wrapped()
            wrapped.reload()
            if wrapped.status == "paused":
                wrapped.unpause()
            if kill and wrapped.status != "exited":
                with suppress(errors.APIError):  # it ended meanwhile
                    wrapped.kill()
                wrapped.wait(timeout=STOP_S)
            elif not kill:
                wrapped.stop(timeout=round(deadline_s))
        self._ended()

    def pause(self) -> None:
        self.check_running()
        with speaking(f"pausing {self.role}"):
            self._wrapped().pause()

    def resume(self) -> None:
        with speaking(f"resuming {self.role}"):
            wrapped = self._wrapped()
            wrapped.reload()
            if wrapped.status == "paused":
                wrapped.unpause()

    def execute(self, command: Sequence[str]) -> str:
        """Run a program in it and return what it printed."""
        with speaking(f"asking {self.role}"):
            return self._made().exec(list(command)).output.decode("utf-8", errors="replace")

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> CommandRun:
        """Run a program in it to its end, with further variables: not by its arguments, which everybody on the machine can read."""
        began = time.monotonic()
        with speaking(f"running a command in {self.role}"):
            code, output = self._wrapped().exec_run(list(command), environment=dict(environment))
        text = output[-OUTPUT_BYTES:].decode("utf-8", errors="replace")
        return CommandRun(None if code == TIMED_OUT else code, text, time.monotonic() - began)

    def uids(self) -> list[int]:
        """The users, by number, whose its processes are."""
        with speaking(f"looking at the processes of {self.role}"):
            told = self._wrapped().top(ps_args="-eo pid,uid")
        column = [title.upper() for title in told["Titles"]].index("UID")
        return sorted({int(process[column]) for process in told["Processes"]})

    def save_image(self, into: IO[bytes]) -> None:
        """Its image with every layer, as `docker save` writes it."""
        with speaking(f"saving the image of {self.role}"):
            for piece in self._daemon.docker.images.get(self.service.image.id).save():
                into.write(piece)

    def remove(self) -> None:
        """Remove it with its data, in whatever state it is."""
        container, self._container = self._container, None
        if container is None:
            return
        with suppress(errors.NotFound):  # Ryuk or somebody else was quicker
            container.stop()
        self._ended()

    def _create(self) -> None:
        service = self.service
        container = DockerContainer(service.image.id, env=dict(service.environment), network=self._network)
        container.image = service.image.id
        container.ports = {f"{service.port}/tcp": (self._daemon.publish_on, self.host_port)}  # type: ignore[dict-item]
        container.with_network_aliases(service.role)
        if service.command is not None:
            container.with_command(list(service.command))
        for path, content in service.files.items():
            container.with_copy_into_container(content.encode(), path)
        limits = {"mem_limit": service.memory} if service.memory else {}
        container.with_kwargs(
            labels={OWNER: owner(), "ainp-harness.role": service.role},
            healthcheck={"test": ["NONE"]},  # the looks are ours; a program started every few seconds would show in the measurements
            extra_hosts=dict(service.names),
            **limits,
        )
        self._container = container
        container.start()

    def _start_again(self) -> None:
        try:
            self._wrapped().start()
        except errors.APIError as error:
            if _says_port(error):
                raise NoFreePort(self.host_port, host=self._daemon.publish_on) from error
            with speaking(f"starting {self.role}"):
                raise
        self._started()

    def _started(self) -> None:
        state = self.inspect()["State"]
        pid = int(state["Pid"])
        self.pid = pid if runs_here(self.id, pid) else None
        self._follower = LogFollower(self._wrapped(), self.log, started_at=state["StartedAt"])

    def _ended(self) -> None:
        self.pid = None
        if self._follower is not None:
            self._follower.join()
            self._follower = None

    def _candidate_port(self) -> int:
        return free_port() if self._daemon.publish_on == LOOPBACK else random.choice(REMOTE_PORTS)

    def _made(self) -> DockerContainer:
        if self._container is None:
            raise TargetError(f"{self.role} is not there", where="this target", todo="Start the target first.")
        return self._container

    def _wrapped(self) -> Any:
        return self._made().get_wrapped_container()


def _says_port(error: Exception) -> bool:
    text = explanation(error).lower()
    return says_in_use(text) or any(words in text for words in PORT_TEXTS)
