"""A query that matches nobody is acknowledged, and goes nowhere."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import CapabilityQuery, Envelope
from reference_broker import routing
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError
from reference_broker.ledger import Claim

AREAS = ("intents",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-006"})
RELATED: frozenset[str] = frozenset()

by_query = routing.Routing._by_query


async def to_nobody(self: routing.Routing, envelope: Envelope, query: CapabilityQuery, claim: Claim) -> routing.Receipt:
    try:
        return await by_query(self, envelope, query, claim)
    except BrokerError:
        return routing.Receipt(envelope, (), ())


if __name__ == "__main__":
    routing.Routing._by_query = to_nobody
    sys.exit(main(sys.argv[1:]))
