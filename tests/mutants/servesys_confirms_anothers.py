"""Over servesys whoever knows a message's id takes it out of its owner's inbox."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.routes import servesys
from reference_broker.servesys import parse_message_ids

AREAS = ("queue",)
BINDING = "servesys"
FINDS = frozenset({"AINP-QUE-004"})
RELATED: frozenset[str] = frozenset()


async def confirm_whatever_is_named(request: Request, broker: Broker) -> Response:
    proven = await broker.admission.proof(request, json_body=True)
    for message_id in parse_message_ids(proven.body):
        await broker.jetstream.delete(int(message_id.partition(".")[0]))
    return Response(status_code=204)


if __name__ == "__main__":
    servesys.confirm = confirm_whatever_is_named
    sys.exit(main(sys.argv[1:]))
