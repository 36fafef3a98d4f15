"""Over servesys an inbox is opened by naming its owner in X-AINP-DID, as brokers in the field do it."""

from __future__ import annotations

import sys

from starlette.requests import Request
from starlette.responses import Response

from ainp_harness.wire.proof import DID_HEADER
from reference_broker import servesys as shapes
from reference_broker.__main__ import main
from reference_broker.broker import Broker
from reference_broker.errors import json_response
from reference_broker.queries import parse_listing_query
from reference_broker.routes import servesys

AREAS = ("queue",)
BINDING = "servesys"
FINDS = frozenset({"AINP-QUE-004"})
RELATED: frozenset[str] = frozenset()


async def inbox_of_whoever_is_named(request: Request, broker: Broker) -> Response:
    did, asked = request.headers.get(DID_HEADER, ""), parse_listing_query(request.query_params)
    page = await broker.listing.page(did, limit=asked.limit, before=asked.before, unread=asked.unread)
    rows = [shapes.listed_row(one.delivery_id, one.envelope, owner=did, received_at=one.received_at, read_at=None) for one in page.messages]
    return json_response({"messages": rows, "pagination": {"limit": asked.limit, "cursor": None, "has_more": False}})


if __name__ == "__main__":
    servesys.inbox = inbox_of_whoever_is_named
    sys.exit(main(sys.argv[1:]))
