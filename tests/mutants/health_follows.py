"""health answers 503 while a service is down, as some brokers in the field do."""

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
DISPUTED = frozenset({"AINP-HLT-005"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-HLT-006",  # the bench starts it once
    }
)


async def follow(_request: Request, broker: Broker) -> Response:
    is_ready, _ = await broker.readiness.ask()
    return json_response({"status": "healthy" if is_ready else "unhealthy"}, 200 if is_ready else 503)


if __name__ == "__main__":
    health.health = follow
    sys.exit(main(sys.argv[1:]))
