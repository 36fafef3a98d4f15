"""Over servesys a registration replaces whatever stands, proven or not."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.canonical import parse_json
from reference_broker import servesys as shapes
from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.clock import now_ms
from reference_broker.errors import json_response
from reference_broker.incoming import read_body
from reference_broker.registration import Malformed, registration_error
from reference_broker.routes import servesys

AREAS = ("registration",)
BINDING = "servesys"
FINDS = frozenset({"AINP-REG-006"})
RELATED: frozenset[str] = frozenset()


async def register_anybody(request: Request, broker: Broker) -> Response:
    await broker.admission.anybody(request)
    try:
        asked = shapes.parse_servesys_registration(parse_json(await read_body(request)))
        entry = await broker.registry.register(asked.did, asked.offer, verified=True, expires_at=now_ms() + asked.ttl_ms)
    except Malformed as error:
        raise registration_error(error) from error
    return json_response(shapes.registered(entry))


if __name__ == "__main__":
    servesys.register = register_anybody
    sys.exit(main(sys.argv[1:]))
