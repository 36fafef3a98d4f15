"""An ADVERTISE registers whom its payload names, not who signed it."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.envelope import MsgType
from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.registration import parse_offer
from reference_broker.routes import agents

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-006"})
RELATED: frozenset[str] = frozenset()


async def advertise(request: Request, broker: Broker) -> Response:
    envelope = await broker.admission.envelope(request, MsgType.ADVERTISE)
    payload = envelope.payload or {}
    did = payload.get("did") or envelope.from_did
    entry = await broker.registry.register(did, parse_offer(payload), verified=True, expires_at=int(envelope.expires_ms))
    return json_response({"did": entry.did, "expires_at": entry.expires_at})


if __name__ == "__main__":
    agents.advertise = advertise
    sys.exit(main(sys.argv[1:]))
