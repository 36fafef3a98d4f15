"""A message that is refused for its schema has used up its id."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ainp_harness.wire.errors import ErrorCode
from reference_broker import ledger
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

PROFILE = "draft-00"
AREAS = ("replay",)
FINDS = frozenset({"AINP-RPL-005"})
RELATED: frozenset[str] = frozenset()


@asynccontextmanager
async def claim_for_good(self: ledger.Ledger, claim: ledger.Claim) -> AsyncIterator[None]:
    if not await self._insert(claim):
        raise BrokerError(ErrorCode.DUPLICATE_INTENT, "this sender has used this id before")
    yield


if __name__ == "__main__":
    ledger.Ledger.claim = claim_for_good
    sys.exit(main(sys.argv[1:]))
