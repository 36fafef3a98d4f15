"""Told to stop, it ends at once, whatever is under way."""

from __future__ import annotations

import os
import socket
import sys

from reference_broker import server
from reference_broker.__main__ import main

AREAS = ("operations",)
DEPTH = "standard"
FINDS = frozenset({"AINP-OPS-002"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-OPS-008",  # no load is run
    }
)


async def leave(_self: server.Server, sockets: list[socket.socket] | None = None) -> None:
    os._exit(0)


if __name__ == "__main__":
    server.Server.shutdown = leave
    sys.exit(main(sys.argv[1:]))
