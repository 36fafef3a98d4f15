"""Whoever proves to be anybody removes any entry."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.routes import agents

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-006"})
RELATED: frozenset[str] = frozenset()


async def unregister_any(request: Request, broker: Broker) -> Response:
    await broker.admission.proof(request)
    await broker.registry.remove(request.path_params["did"])
    return Response(status_code=204)


if __name__ == "__main__":
    agents.unregister = unregister_any
    sys.exit(main(sys.argv[1:]))
