"""Anybody replaces anybody's entry: no proof is asked for."""

from __future__ import annotations

import sys

from reference_broker import registry
from reference_broker.__main__ import main
from reference_broker.registration import Offer

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-006"})
RELATED: frozenset[str] = frozenset()

register = registry.Registry.register


async def register_anyhow(self: registry.Registry, did: str, offer: Offer, *, verified: bool, expires_at: int) -> registry.Entry:
    return await register(self, did, offer, verified=True, expires_at=expires_at)


if __name__ == "__main__":
    registry.Registry.register = register_anyhow
    sys.exit(main(sys.argv[1:]))
