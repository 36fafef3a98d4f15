"""Every DID and every address has 50 requests a minute, not 100."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-001", "AINP-LIM-002"})
RELATED = frozenset(
    {
        "AINP-LIM-005",  # the header says 50
    }
)

LIMIT = 50


async def count_did(self: limits.Limits, did: str, msg_type: MsgType | None = None) -> limits.Counted:
    return await self._count((f"limit:did:{did}", replace(self.per_did, limit=LIMIT)))


async def count_address(self: limits.Limits, address: str) -> limits.Counted:
    return await self._count((f"limit:ip:{address}", replace(self.per_address, limit=LIMIT)))


if __name__ == "__main__":
    limits.Limits.count_did = count_did
    limits.Limits.count_address = count_address
    sys.exit(main(sys.argv[1:]))
