"""What was taken is remembered in Redis alone, which may forget it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from redis.asyncio import Redis

from reference_broker import ledger
from reference_broker.__main__ import main
from reference_broker.clock import now_ms
from reference_broker.ledger import Claim

AREAS = ("replay",)
DEPTH = "standard"
FINDS = frozenset({"AINP-RPL-001", "AINP-RPL-008"})
RELATED: frozenset[str] = frozenset()


async def insert_all(_self: ledger.Ledger, batch: Sequence[Claim]) -> Sequence[bool]:
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        return [
            bool(await redis.set(f"taken {claim.did} {claim.key}", 1, nx=True, px=max(1, claim.until_ms - now_ms()))) for claim in batch
        ]


if __name__ == "__main__":
    ledger.Ledger._insert_all = insert_all
    sys.exit(main(sys.argv[1:]))
