"""health gives the services time to come back before it answers."""

from __future__ import annotations

import asyncio
import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.routes import health

AREAS = ("health",)
DEPTH = "standard"
FINDS = frozenset({"AINP-HLT-005"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-HLT-006",  # the bench starts it once
    }
)


async def wait_first(_request: Request, broker: Broker) -> Response:
    is_ready, _ = await broker.readiness.ask()
    await asyncio.sleep(0 if is_ready else 1.5)
    return json_response({"status": "healthy"})


if __name__ == "__main__":
    health.health = wait_first
    sys.exit(main(sys.argv[1:]))
