"""Every instance remembers for itself what it has taken: a replay passes at another one."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from reference_broker import ledger
from reference_broker.__main__ import main

AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-011"})
RELATED = frozenset(
    {
        "AINP-RPL-001",  # accepted twice is accepted twice, wherever
    }
)
PROFILE = "phase-1.0"
DEPTH = "standard"
INSTANCES = 2

claim_everywhere = ledger.Ledger.claim


@asynccontextmanager
async def claim_here(self: ledger.Ledger, claim: ledger.Claim) -> AsyncIterator[None]:
    async with claim_everywhere(self, replace(claim, key=f"{os.environ['PORT']}:{claim.key}")):
        yield


if __name__ == "__main__":
    ledger.Ledger.claim = claim_here
    sys.exit(main(sys.argv[1:]))
