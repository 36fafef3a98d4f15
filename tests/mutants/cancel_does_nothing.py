"""Cancelling is answered as done, and the intent stays as it was."""

from __future__ import annotations

import sys

from reference_broker import intents
from reference_broker.__main__ import main

AREAS = ("queue",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QUE-007"})
RELATED: frozenset[str] = frozenset()


async def do_nothing(self: intents.Intents, did: str, intent_id: str) -> None:
    await self._taken(did, intent_id)


if __name__ == "__main__":
    intents.Intents.cancel = do_nothing
    sys.exit(main(sys.argv[1:]))
