"""What was taken is remembered by the process, and forgotten when it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reference_broker import ledger
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.ledger import Claim

AREAS = ("replay",)
DEPTH = "standard"
FINDS = frozenset({"AINP-RPL-001"})
RELATED: frozenset[str] = frozenset({"AINP-INT-010", "AINP-REG-012"})

taken: dict[tuple[str, str], int] = {}


async def insert_all(_self: ledger.Ledger, batch: Sequence[Claim]) -> Sequence[bool]:
    return [take(claim) for claim in batch]


def take(claim: Claim) -> bool:
    key = (claim.did, claim.key)
    if taken.get(key, 0) >= now_ms():
        return False
    taken[key] = claim.until_ms
    return True


if __name__ == "__main__":
    ledger.Ledger._insert_all = insert_all
    sys.exit(main(sys.argv[1:]))
