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
RELATED = frozenset(
    {
        "AINP-DSC-002",  # nobody is found in what is no list
        "AINP-DSC-007",  # a limit is of a list
        "AINP-DSC-008",  # nobody is found in what is no list
        "AINP-DSC-009",  # nobody is found in what is no list
        "AINP-DSC-010",  # its control is a list
        "AINP-DSC-011",  # no match is an empty list
        "AINP-DSC-012",  # its control is a list
    }
)

discover_text = discovery.discover_text


async def best(request: Request, broker: Broker) -> Response:
    results = json.loads((await discover_text(request, broker)).body)["results"]
    return json_response(results[0] if results else {})


if __name__ == "__main__":
    discovery.discover_text = best
    sys.exit(main(sys.argv[1:]))
