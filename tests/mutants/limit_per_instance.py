"""Every instance counts for itself: with two of them a DID has twice the limit."""

from __future__ import annotations

import os
import sys

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-009"})
RELATED: frozenset[str] = frozenset()
PROFILE = "phase-1.0"
DEPTH = "standard"
INSTANCES = 2


async def count_here(self: limits.Limits, did: str, msg_type: MsgType | None = None) -> limits.Counted:
    return await self._count((f"limit:{os.environ['PORT']}:{did}", self.per_did))


if __name__ == "__main__":
    limits.Limits.count_did = count_here
    sys.exit(main(sys.argv[1:]))
