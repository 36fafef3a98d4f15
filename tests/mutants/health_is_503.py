"""health answers 503 while everything works."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.routes import health

AREAS = ("health",)
FINDS = frozenset({"AINP-HLT-001"})
RELATED = frozenset(
    {
        "AINP-HLT-007",  # its answers must be 200
    }
)


async def answer(_request: Request, _broker: Broker) -> Response:
    return json_response({"status": "healthy"}, 503)


if __name__ == "__main__":
    health.health = answer
    sys.exit(main(sys.argv[1:]))
