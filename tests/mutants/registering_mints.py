"""Every registration brings a credit."""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from typing import Any

from reference_broker import accounts, registry
from reference_broker.__main__ import main

AREAS = ("credits",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-CRD-004"})
RELATED: frozenset[str] = frozenset()

register = registry.Registry.register


async def register_and_pay(self: registry.Registry, did: str, *args: Any, **kwargs: Any) -> registry.Entry:
    entry = await register(self, did, *args, **kwargs)
    async with self._database.connection() as connection, connection.transaction():
        await accounts.mint(connection, did, Decimal(1), opening=Decimal(50))
    return entry


if __name__ == "__main__":
    os.environ.update({"AINP_CREDITS": "true", "AINP_STARTING_BALANCE": "50"})
    registry.Registry.register = register_and_pay
    sys.exit(main(sys.argv[1:]))
