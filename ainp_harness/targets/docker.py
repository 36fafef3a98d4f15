"""A target of four containers, as a deployment has them: PostgreSQL with pgvector, Redis, NATS and a broker on a private network of their
own, published on free ports of the loopback address. Removed at the end; after a crash by Ryuk where it can run, else at the next start."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker import errors
from testcontainers.core.network import Network

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets.broker import READY_S
from ainp_harness.targets.commands import REFERENCE, CommandRun, database_beside, filled, no_command
from ainp_harness.targets.docker_container import Part
from ainp_harness.targets.docker_control import SERVICE_READY_S, DockerControl
from ainp_harness.targets.docker_daemon import OWNER, Daemon, owner, speaking
from ainp_harness.targets.docker_images import Build, Image, build_broker, find_image
from ainp_harness.targets.docker_layers import look_into
from ainp_harness.targets.docker_services import BACKENDS, BrokerSettings, Passwords, backend_services, broker_services
from ainp_harness.targets.embedded import CORS_ORIGIN
from ainp_harness.targets.errors import TargetError, from_os_error
from ainp_harness.targets.nats import VERSION as NATS_VERSION
from ainp_harness.targets.ports import free_port
from ainp_harness.targets.postgres import VERSION as POSTGRES_VERSION
from ainp_harness.targets.redis_server import VERSION as REDIS_VERSION
from ainp_harness.targets.servers import last_match
from ainp_harness.targets.target import BrokerStart, Role, Target, describe_starts

HARNESS_HOST = "host.docker.internal"  # this machine, as the broker sees it; Docker replaces "host-gateway" by its address
MEMORY = {"broker": "512m", "nats": "1g"}  # deployment summary, "Railway Services"
ALWAYS = frozenset({Need.CONTROL, Need.LOGS, Need.DATABASE, Need.STREAM, Need.ORIGIN, Need.CONTAINER})
WHEN_LOCAL = frozenset({Need.RESOURCES, Need.DIDWEB_HOST})
# Within the image the interpreter has another place than here.
IN_IMAGE = {name: ("python", *argv[1:]) for name, argv in REFERENCE.items()}
VERSIONS = {"postgres": POSTGRES_VERSION, "redis": REDIS_VERSION, "nats": NATS_VERSION}
PGVECTOR = "find / -xdev -name vector.control -exec sed -n \"s/^default_version *= *'\\(.*\\)'/\\1/p\" {} + 2>/dev/null"


@dataclass(frozen=True)
class DockerOptions:
    """What can be chosen about a Docker target.

    `broker_image` None: built from Dockerfile.railway, by `build`. `settings` are further variables for the broker, and win over
    those the target makes. `memory`: limits by role ('broker', 'postgres', 'redis', 'nats'), in Docker's words.
    """

    postgres_image: str = "pgvector/pgvector:pg16"
    redis_image: str = "redis:7-alpine"
    nats_image: str = "nats:2.10-alpine"
    broker_image: str | None = None
    build: Build = field(default_factory=Build)
    port: int | None = None
    instances: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    cors_origin: str = CORS_ORIGIN
    memory: Mapping[Role, str] = field(default_factory=lambda: dict(MEMORY))
    ready_deadline_s: float = READY_S

    def __post_init__(self) -> None:
        if self.instances < 1:
            raise TargetError(f"{self.instances} instances are no broker", where="the target's options", todo="Ask for 1 or more.")


class DockerTarget(Target):
    """Four containers. `logs_dir` must be writable and stays after the run.

    `reach` is final once it has started: `resources` and `didweb-host` go when the daemon turns out not to be of this machine.
    """

    name = "docker"

    def __init__(self, logs_dir: Path, options: DockerOptions | None = None) -> None:
        self.options = options or DockerOptions()
        self.logs_dir: Path = logs_dir
        self.cors_origin = self.options.cors_origin
        self.settings = self.options.settings
        self.commands = IN_IMAGE if self.options.broker_image is None else {}
        self._urls_inside: dict[str, str] = {}
        self.reach = self._reach(is_local=True)
        self.did_web_host = f"{HARNESS_HOST}:{free_port()}"
        self.starts: list[BrokerStart] = []  # every start of a broker, in order
        self._daemon: Daemon | None = None
        self._network: Network | None = None
        self._parts: dict[Role, Part] = {}
        self._images: dict[Role, Image] = {}
        self._versions: dict[str, str | None] = {}
        self._after_a_crash = ""

    @property
    def base_urls(self) -> tuple[str, ...]:
        return tuple(_http(part) for role, part in self._parts.items() if role not in BACKENDS)

    @property
    def container_ids(self) -> dict[Role, str]:
        return {role: part.id for role, part in self._parts.items()}

    def inspect(self, role: Role) -> dict[str, Any]:
        """What the daemon knows about one container at this moment, passwords in its environment among it: not for a bundle."""
        return self._parts[role].inspect()

    def start(self) -> None:
        if self._network is not None:
            raise TargetError("this target is started already", where=self.base_url, todo="Stop it first.")
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise from_os_error(error, doing="starting the containers") from error
        except BaseException:  # Ctrl-C too: nothing may stay behind
            self.stop()
            raise

    def stop(self) -> None:
        # The network goes last: it cannot while a container is attached. What fails here is taken by Ryuk or the next start.
        for part in reversed(self._parts.values()):
            with suppress(TargetError), speaking(f"removing {part.role}"):
                part.remove()
        network, self._network = self._network, None
        if network is not None:
            with suppress(TargetError, errors.NotFound), speaking("removing the network"):
                network.remove()
        if self._daemon is not None:
            self._daemon.close()

    def processes(self) -> Sequence[tuple[Role, int]]:
        # Each is read once: faults come from another thread.
        return [(role, pid) for role, part in self._parts.items() if (pid := part.pid) is not None]

    def facts(self) -> dict[str, Any]:
        return {
            "target": self.name,
            "docker": self._daemon.version if self._daemon else None,
            "servers": dict(self._versions),
            "images": {role: image.facts() for role, image in self._images.items()},
            "broker_user": self._images["broker"].user if "broker" in self._images else None,
            "broker_command": "reference" if self.options.broker_image is None else "image",
            "memory_limits": dict(self.options.memory),
            "instances": self.options.instances,
            "removed_after_a_crash_by": self._after_a_crash,
            **describe_starts(self.starts),
        }

    def run(self, command: str, *, label: str = "", database: str | None = None, deadline_s: float) -> CommandRun:
        if command not in self.commands or "broker" not in self._parts:
            raise no_command(command, list(self.commands))
        argv = filled(self.commands[command], f"/tmp/backup-{label}", label)
        url = database_beside(self._urls_inside["DATABASE_URL"], database)
        # Bounded within the container: the daemon has no time-out for a program that runs there.
        return self._parts["broker"].run(["timeout", f"{deadline_s:.0f}", *argv], {"DATABASE_URL": url})

    def container_facts(self, role: Role) -> dict[str, Any]:
        part = self._parts[role]
        with tempfile.TemporaryFile() as saved:
            part.save_image(saved)
            saved.seek(0)
            look = look_into(saved)
        return {"uids": part.uids(), "layers": look.layers, "files": look.files, "secrets": look.secrets}

    def _start(self) -> None:
        self.logs_dir.mkdir(parents=True, exist_ok=True)
        self._parts.clear()
        self.starts.clear()
        daemon = self._daemon = Daemon()
        daemon.remove_leftovers()
        self._find_images(daemon)
        self._after_a_crash = daemon.start_ryuk()
        with speaking("making the network"):
            self._network = Network(docker_network_kw={"labels": {OWNER: owner()}}).create()
        passwords = Passwords()
        self._start_backends(daemon, self._network, passwords)
        self._start_brokers(daemon, self._network, passwords)
        is_local = len(self.processes()) == len(self._parts)
        self.reach = self._reach(is_local=is_local)
        self.did_web_address = self._gateway() if is_local else None

    def _find_images(self, daemon: Daemon) -> None:
        options = self.options
        names = {"postgres": options.postgres_image, "redis": options.redis_image, "nats": options.nats_image}
        self._images = {role: find_image(daemon, name) for role, name in names.items()}
        self._images["broker"] = (
            find_image(daemon, options.broker_image)
            if options.broker_image
            else build_broker(daemon, options.build, log=self.logs_dir / "build.log")
        )

    def _start_backends(self, daemon: Daemon, network: Network, passwords: Passwords) -> None:
        began = time.monotonic()
        for service in backend_services(self._images, passwords, self.options.memory):
            part = self._parts[service.role] = Part(service, daemon, network, self.logs_dir / f"{service.role}.log")
            part.launch()
        for role in BACKENDS:
            self._parts[role].wait_ready(began=began, deadline_s=SERVICE_READY_S)
        urls = passwords.urls({role: self._parts[role].address for role in BACKENDS})
        self.database_url, self.redis_url, self.stream_url = urls["DATABASE_URL"], urls["REDIS_URL"], urls["NATS_URL"]
        self._versions = {role: last_match(pattern, self._parts[role].log) for role, pattern in VERSIONS.items()}
        self._versions["pgvector"] = self._parts["postgres"].execute(["sh", "-c", PGVECTOR]).strip() or None

    def _start_brokers(self, daemon: Daemon, network: Network, passwords: Passwords) -> None:
        self._urls_inside = passwords.urls_inside()
        environment = {
            **self._urls_inside,
            "CORS_ORIGINS": self.options.cors_origin,
            "DID_WEB_ALLOW": self.did_web_host or "",
            **self.options.settings,
        }
        names = {HARNESS_HOST: "host-gateway"}
        settings = BrokerSettings(self._images["broker"], environment, self.options.memory.get("broker"), names)
        services = broker_services(settings, instances=self.options.instances, port=self.options.port)
        backends = dict(self._parts)
        brokers = {service.role: Part(service, daemon, network, self.logs_dir / f"{service.role}.log") for service in services}
        self._parts = {**brokers, **backends}
        control = DockerControl(self._parts, ready_deadline_s=self.options.ready_deadline_s, on_start=self.starts.append)
        for role in brokers:
            control.start(role)
        self.base_url = _http(brokers["broker"])
        self.control = control

    def _reach(self, *, is_local: bool) -> frozenset[Need]:
        replicas = frozenset({Need.REPLICAS}) if self.options.instances > 1 else frozenset()
        return ALWAYS | replicas | (WHEN_LOCAL if is_local else frozenset())

    def _gateway(self) -> str | None:
        """Where `host.docker.internal` leads, by the broker's own hosts file."""
        for line in self._parts["broker"].execute(["cat", "/etc/hosts"]).splitlines():
            address, _, names = line.partition("\t")
            if HARNESS_HOST in names.split():
                return address
        return None


def _http(part: Part) -> str:
    host, port = part.address
    return f"http://{host}:{port}"
