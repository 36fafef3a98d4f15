"""Whoever proves to be anybody takes messages out of every queue."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.queries import parse_confirmation
from reference_broker.routes import inbox

AREAS = ("queue",)
FINDS = frozenset({"AINP-QUE-004"})
RELATED: frozenset[str] = frozenset()


async def confirm_any(request: Request, broker: Broker) -> Response:
    proven = await broker.admission.proof(request, json_body=True)
    await broker.inbox.confirm(request.path_params["did"], parse_confirmation(proven.body))
    return Response(status_code=204)


if __name__ == "__main__":
    inbox.confirm = confirm_any
    sys.exit(main(sys.argv[1:]))
