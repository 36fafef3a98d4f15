"""Anybody who proves to be somebody may ask about an intent and cancel it."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import intents
from reference_broker.__main__ import main

AREAS = ("queue",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QUE-009"})
RELATED: frozenset[str] = frozenset()

status, cancel = intents.Intents.status, intents.Intents.cancel


async def sender_of(self: intents.Intents, intent_id: str, otherwise: str) -> str:
    found = await self._database.fetchval("SELECT did FROM ledger WHERE key = $1", intent_id)
    return str(found or otherwise)


async def tell_anybody(self: intents.Intents, did: str, intent_id: str) -> dict[str, Any]:
    return await status(self, await sender_of(self, intent_id, did), intent_id)


async def cancel_for_anybody(self: intents.Intents, did: str, intent_id: str) -> None:
    await cancel(self, await sender_of(self, intent_id, did), intent_id)


if __name__ == "__main__":
    intents.Intents.status, intents.Intents.cancel = tell_anybody, cancel_for_anybody
    sys.exit(main(sys.argv[1:]))
