"""health asks NATS before it answers, and waits for it."""

from __future__ import annotations

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


async def ask_first(_request: Request, broker: Broker) -> Response:
    await broker.inbox.check()
    return json_response({"status": "healthy"})


if __name__ == "__main__":
    health.health = ask_first
    sys.exit(main(sys.argv[1:]))
