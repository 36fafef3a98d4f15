"""health counts against the limit of its address."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.routes import health

AREAS = ("health",)
FINDS = frozenset({"AINP-HLT-007"})
RELATED: frozenset[str] = frozenset()

ask = health.health


async def limited(request: Request, broker: Broker) -> Response:
    await broker.admission.anybody(request)
    return await ask(request, broker)


if __name__ == "__main__":
    health.health = limited
    sys.exit(main(sys.argv[1:]))
