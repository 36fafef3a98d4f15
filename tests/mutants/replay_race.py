"""An id is looked up first and written down later: of equal messages at once several are taken."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from reference_broker import ledger
from reference_broker.__main__ import main

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-006"})
RELATED: frozenset[str] = frozenset()

seen: set[tuple[str, str]] = set()


async def look_then_write(self: ledger.Ledger, batch: Sequence[ledger.Claim]) -> list[bool]:
    new = [(claim.did, claim.key) not in seen for claim in batch]
    await asyncio.sleep(0.05)
    seen.update((claim.did, claim.key) for claim in batch)
    return new


if __name__ == "__main__":
    ledger.Ledger._insert_all = look_then_write
    sys.exit(main(sys.argv[1:]))
