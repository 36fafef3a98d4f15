"""Registering again adds capabilities; the old ones stay."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import registry
from reference_broker.__main__ import main
from reference_broker.registration import Capability, Offer

AREAS = (
    "registration",
    "discovery",
)
FINDS = frozenset({"AINP-REG-004", "AINP-DSC-009"})
RELATED = frozenset(
    {
        "AINP-REG-006",  # an entry made without proof stays beside the proven one
    }
)

register = registry.Registry.register
kept: dict[str, tuple[Capability, ...]] = {}


async def register_and_keep(self: registry.Registry, did: str, offer: Offer, *, verified: bool, expires_at: int) -> registry.Entry:
    offer = replace(offer, capabilities=(*kept.get(did, ()), *offer.capabilities))
    entry = await register(self, did, offer, verified=verified, expires_at=expires_at)
    kept[did] = offer.capabilities
    return entry


if __name__ == "__main__":
    registry.Registry.register = register_and_keep
    sys.exit(main(sys.argv[1:]))
