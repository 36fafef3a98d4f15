"""Correct: a registration is found one second later, and DSC-009 allows two."""

from __future__ import annotations

import sys
import time

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery, registry
from reference_broker.__main__ import main
from reference_broker.embedding import Vector
from reference_broker.registration import Offer

AREAS = (
    "discovery",
    "registration",
)
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

LATE_S = 1.0
register, nearest = registry.Registry.register, discovery.Discovery._nearest
registered: dict[str, float] = {}


async def register_noted(self: registry.Registry, did: str, offer: Offer, *, verified: bool, expires_at: int) -> registry.Entry:
    entry = await register(self, did, offer, verified=verified, expires_at=expires_at)
    registered[did] = time.monotonic()
    return entry


async def nearest_settled(self: discovery.Discovery, vector: Vector, query: CapabilityQuery, rows: int) -> list[discovery.Match]:
    found = await nearest(self, vector, query, rows)
    return [match for match in found if time.monotonic() - registered.get(match.did, 0) >= LATE_S]


if __name__ == "__main__":
    registry.Registry.register = register_noted
    discovery.Discovery._nearest = nearest_settled
    sys.exit(main(sys.argv[1:]))
