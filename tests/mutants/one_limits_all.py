"""Once one DID is over its limit, everybody is told 429 for five seconds."""

from __future__ import annotations

import sys
import time

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-003"})
RELATED: frozenset[str] = frozenset()

PUNISHED_S = 5.0
count_did = limits.Limits.count_did
until = 0.0


async def count_together(self: limits.Limits, did: str, msg_type: MsgType | None = None) -> limits.Counted:
    global until
    if (left := until - time.monotonic()) > 0:
        return limits.Counted(100, -1, int(left * 1000) + 1, degraded=False)
    counted = await count_did(self, did, msg_type)
    if counted.retry_after_ms is not None:
        until = time.monotonic() + PUNISHED_S
    return counted


if __name__ == "__main__":
    limits.Limits.count_did = count_together
    sys.exit(main(sys.argv[1:]))
