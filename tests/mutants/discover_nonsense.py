"""DISCOVER is answered with something that is no list of matches."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.envelope import MsgType
from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.routes import discovery

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-011"})
RELATED = frozenset(
    {
        "AINP-DSC-002",  # asked by DISCOVER too
        "AINP-DSC-008",  # asked by DISCOVER too
        "AINP-DSC-009",  # asked by DISCOVER too
    }
)


async def nonsense(request: Request, broker: Broker) -> Response:
    await broker.admission.envelope(request, MsgType.DISCOVER)
    return json_response({"hello": "world"})


if __name__ == "__main__":
    discovery.discover = nonsense
    sys.exit(main(sys.argv[1:]))
