"""An id is looked up first and written down later: of equal messages at once several are taken."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ainp_harness.wire.errors import ErrorCode
from reference_broker import ledger
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-006"})
RELATED = frozenset(
    {
        "AINP-RPL-001",  # accepted twice is accepted twice
    }
)

taken: set[tuple[str, str]] = set()


@asynccontextmanager
async def look_then_write(self: ledger.Ledger, claim: ledger.Claim) -> AsyncIterator[None]:
    if (claim.did, claim.key) in taken:
        raise BrokerError(ErrorCode.DUPLICATE_INTENT, "this sender has used this id before")
    await asyncio.sleep(0.05)
    taken.add((claim.did, claim.key))
    yield


if __name__ == "__main__":
    ledger.Ledger.claim = look_then_write
    sys.exit(main(sys.argv[1:]))
