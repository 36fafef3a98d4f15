"""An ADVERTISE of an agent that is registered changes what it offers, and leaves the time of its registration."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker.__main__ import main
from reference_broker.registration import Offer
from reference_broker.registry import Entry, Registry

AREAS = ("registration",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-REG-005"})
RELATED = frozenset(
    {
        "AINP-REG-007",  # who comes back after its end is not registered again
    }
)

register = Registry.register


async def register_until_the_old_end(self: Registry, did: str, offer: Offer, **how: Any) -> Entry:
    until = await self._database.fetchval("SELECT expires_at FROM agents WHERE did = $1", did)
    return await register(self, did, offer, **{**how, "expires_at": until or how["expires_at"]})


if __name__ == "__main__":
    Registry.register = register_until_the_old_end
    sys.exit(main(sys.argv[1:]))
