"""Only the last 20 ids are remembered: after 20 other messages an old one is taken again."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence

from reference_broker import ledger
from reference_broker.__main__ import main

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-001"})
RELATED: frozenset[str] = frozenset()

KEPT = 20
insert = ledger.Ledger._insert_all
latest: deque[tuple[str, str]] = deque()


async def insert_and_evict(self: ledger.Ledger, batch: Sequence[ledger.Claim]) -> Sequence[bool]:
    while len(latest) > KEPT:
        did, key = latest.popleft()
        await self._database.execute("DELETE FROM ledger WHERE key = $1 AND did = $2", key, did)
    latest.extend((claim.did, claim.key) for claim in batch)
    return await insert(self, batch)


if __name__ == "__main__":
    ledger.Ledger._insert_all = insert_and_evict
    sys.exit(main(sys.argv[1:]))
