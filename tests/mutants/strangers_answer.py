"""Whoever knows an intent's id may answer it."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import ledger
from reference_broker.__main__ import main

AREAS = ("intents",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-008"})
RELATED: frozenset[str] = frozenset()

intents = ledger.Ledger.intents


class Everybody(frozenset[str]):
    def __contains__(self, _did: object) -> bool:
        return True


async def of_everybody(self: ledger.Ledger, intent_id: str) -> list[ledger.TakenIntent]:
    return [replace(intent, recipients=Everybody(intent.recipients)) for intent in await intents(self, intent_id)]


if __name__ == "__main__":
    ledger.Ledger.intents = of_everybody
    sys.exit(main(sys.argv[1:]))
