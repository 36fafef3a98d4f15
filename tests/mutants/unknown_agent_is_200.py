"""An agent that is not registered is answered 200 and null."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import registry
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-002"})
RELATED = frozenset(
    {
        "AINP-REG-003",  # it looks whether nobody was registered
    }
)

get = registry.Registry.get


async def get_or_nothing(self: registry.Registry, did: str) -> dict[str, Any] | None:
    try:
        return await get(self, did)
    except BrokerError:
        return None


if __name__ == "__main__":
    registry.Registry.get = get_or_nothing
    sys.exit(main(sys.argv[1:]))
