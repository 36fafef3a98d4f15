"""An agent is trusted as much as it says of itself."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import registration
from reference_broker.__main__ import main
from reference_broker.registration import Offer
from reference_broker.registry import Entry, Registry
from reference_broker.routes import agents

AREAS = ("trust",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-TRU-002"})
DISPUTED = frozenset({"AINP-TRU-002"})  # ERRATUM-31: the draft's ADVERTISE carries one
RELATED: frozenset[str] = frozenset()

parse, register = registration.parse_offer, Registry.register
claimed: dict[Offer, float] = {}


def parse_with_its_claim(value: dict[str, Any]) -> Offer:
    offer = parse(value)
    claimed[offer] = value.get("trust", {}).get("score", 0.5)
    return offer


async def register_as_claimed(self: Registry, did: str, offer: Offer, **how: Any) -> Entry:
    entry = await register(self, did, offer, **how)
    await self._database.execute(
        "UPDATE agents SET reliability = $2, honesty = $2, competence = $2, timeliness = $2 WHERE did = $1", did, claimed[offer]
    )
    return entry


if __name__ == "__main__":
    registration.parse_offer = agents.parse_offer = parse_with_its_claim
    Registry.register = register_as_claimed
    sys.exit(main(sys.argv[1:]))
