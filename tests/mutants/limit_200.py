"""200 requests a minute: for a DID that is the draft's reading (ERRATUM-05), for an address it is nobody's."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-001", "AINP-LIM-002"})
DISPUTED = frozenset({"AINP-LIM-001"})
RELATED = frozenset(
    {
        "AINP-LIM-003",  # nobody is over the limit after 101 requests
        "AINP-LIM-004",  # no address is over the limit after 105 requests
        "AINP-LIM-005",  # the header says 200
        "AINP-LIM-006",  # nobody is over the limit after 101 requests
    }
)

LIMIT = 200


async def count_did(self: limits.Limits, did: str, msg_type: MsgType | None = None) -> limits.Counted:
    return await self._count((f"limit:did:{did}", replace(self.per_did, limit=LIMIT)))


async def count_address(self: limits.Limits, address: str) -> limits.Counted:
    return await self._count((f"limit:ip:{address}", replace(self.per_address, limit=LIMIT)))


if __name__ == "__main__":
    limits.Limits.count_did = count_did
    limits.Limits.count_address = count_address
    sys.exit(main(sys.argv[1:]))
