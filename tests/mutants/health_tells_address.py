"""health tells the address and the password of its database."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.routes import health

AREAS = ("health",)
FINDS = frozenset({"AINP-HLT-008"})
RELATED: frozenset[str] = frozenset()


async def answer(_request: Request, _broker: Broker) -> Response:
    return json_response({"status": "healthy", "database": "postgresql://ainp:secret@db.internal:5432/ainp"})


if __name__ == "__main__":
    health.health = answer
    sys.exit(main(sys.argv[1:]))
