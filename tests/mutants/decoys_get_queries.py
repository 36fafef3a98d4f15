"""The tags of a query sent to send_intent are not looked at."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery, Envelope
from reference_broker import routing
from reference_broker.__main__ import main
from reference_broker.ledger import Claim

AREAS = ("intents",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-004"})
RELATED: frozenset[str] = frozenset()

by_query = routing.Routing._by_query


async def by_text_alone(self: routing.Routing, envelope: Envelope, query: CapabilityQuery, claim: Claim) -> routing.Receipt:
    return await by_query(self, envelope, replace(query, tags=()), claim)


if __name__ == "__main__":
    routing.Routing._by_query = by_text_alone
    sys.exit(main(sys.argv[1:]))
