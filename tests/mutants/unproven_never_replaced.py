"""An entry made without proof stays: its own DID cannot replace it with proof."""

from __future__ import annotations

import sys

from ainp_harness.wire.errors import ErrorCode
from reference_broker import registry
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError
from reference_broker.registration import Offer

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-006"})
RELATED: frozenset[str] = frozenset()

register = registry.Registry.register
unproven: set[str] = set()


async def register_once(self: registry.Registry, did: str, offer: Offer, *, verified: bool, expires_at: int) -> registry.Entry:
    if did in unproven:
        raise BrokerError(ErrorCode.UNAUTHORIZED, "this entry stands", status=401)
    entry = await register(self, did, offer, verified=verified, expires_at=expires_at)
    if not verified:
        unproven.add(did)
    return entry


if __name__ == "__main__":
    registry.Registry.register = register_once
    sys.exit(main(sys.argv[1:]))
