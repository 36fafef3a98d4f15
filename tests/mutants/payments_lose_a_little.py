"""A hundredth of every payment reaches nobody."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from decimal import Decimal

from asyncpg.pool import PoolConnectionProxy

from reference_broker import accounts
from reference_broker.__main__ import main

AREAS = ("credits",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-CRD-001", "AINP-CRD-002"})
RELATED = frozenset({"AINP-CRD-004"})


async def pay_less(connection: PoolConnectionProxy, held: Sequence[accounts.Held], payee: str, *, opening: Decimal) -> None:
    lines = [(one.payer, -one.amount, -one.amount) for one in held]
    lines += [(payee, one.amount * Decimal("0.99"), accounts.ZERO) for one in held]
    await accounts._book(connection, lines, opening=opening)


if __name__ == "__main__":
    os.environ.update({"AINP_CREDITS": "true", "AINP_STARTING_BALANCE": "50"})
    accounts.pay = pay_less
    sys.exit(main(sys.argv[1:]))
