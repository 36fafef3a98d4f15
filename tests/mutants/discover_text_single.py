"""discover_text answers with the best agent, not with a list."""

from __future__ import annotations

import json
import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.routes import discovery

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-001"})
RELATED: frozenset[str] = frozenset()

discover_text = discovery.discover_text


async def best(request: Request, broker: Broker) -> Response:
    results = json.loads((await discover_text(request, broker)).body)["results"]
    return json_response(results[0] if results else {})


if __name__ == "__main__":
    discovery.discover_text = best
    sys.exit(main(sys.argv[1:]))
