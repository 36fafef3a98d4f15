"""A second RESULT of the same intent is paid like the first."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from reference_broker import accounts
from reference_broker.__main__ import main
from reference_broker.credits import _EARNED, Credits

AREAS = ("credits",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-CRD-002"})
RELATED = frozenset({"AINP-CRD-004"})

paying, take = Credits.paying, accounts.take
paid: dict[tuple[str, str], list[accounts.Held]] = {}


async def take_and_remember(*args: Any) -> list[accounts.Held]:
    held = await take(*args)
    if args[1] == _EARNED and held:
        paid[args[3][0], args[4][0]] = held
    return held


@asynccontextmanager
async def pay_again(self: Credits, intents: Sequence[tuple[str, str]], payee: str, trace_id: str) -> AsyncIterator[None]:
    again = paid.pop(intents[0], []) if intents else []
    async with paying(self, intents, payee, trace_id):
        if again:
            async with self._database.connection() as connection, connection.transaction():
                lines = [(one.payer, -one.amount, accounts.ZERO) for one in again] + [(payee, one.amount, accounts.ZERO) for one in again]
                await accounts._book(connection, lines, opening=self._opening)
        yield


if __name__ == "__main__":
    os.environ.update({"AINP_CREDITS": "true", "AINP_STARTING_BALANCE": "50"})
    accounts.take, Credits.paying = take_and_remember, pay_again
    sys.exit(main(sys.argv[1:]))
