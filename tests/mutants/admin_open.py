"""An administration endpoint answers everybody."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker import app
from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-009"})
RELATED: frozenset[str] = frozenset()


async def admin(_request: Request, _broker: Broker) -> Response:
    return json_response({"agents": 3, "queues": 1})


if __name__ == "__main__":
    app.ROUTES = (*app.ROUTES, ("GET", "/api/v1/admin", admin))
    sys.exit(main(sys.argv[1:]))
