"""ready answers {status: "ready"} and names no dependency."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.routes import health

AREAS = ("health",)
FINDS = frozenset({"AINP-HLT-002"})
RELATED: frozenset[str] = frozenset()


async def answer(_request: Request, _broker: Broker) -> Response:
    return json_response({"status": "ready"})


if __name__ == "__main__":
    health.ready = answer
    sys.exit(main(sys.argv[1:]))
