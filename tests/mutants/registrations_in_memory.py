"""Registrations do not outlive the process."""

from __future__ import annotations

import sys

from reference_broker import server
from reference_broker.__main__ import main
from reference_broker.broker import Broker, start_broker
from reference_broker.settings import Settings

AREAS = ("registration",)
DEPTH = "standard"
FINDS = frozenset({"AINP-REG-012"})
RELATED: frozenset[str] = frozenset()


async def start_empty(settings: Settings, instance: str) -> Broker:
    broker = await start_broker(settings, instance)
    await broker.database.execute("DELETE FROM agents")
    return broker


if __name__ == "__main__":
    server.start_broker = start_empty
    sys.exit(main(sys.argv[1:]))
