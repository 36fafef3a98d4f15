"""The window is a fixed one that begins anew every minute, not a sliding one: around its edge twice the limit passes."""

from __future__ import annotations

import sys
import time

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-012"})
RELATED: frozenset[str] = frozenset()
DEPTH = "standard"

began: dict[str, float] = {}
used: dict[str, int] = {}


async def count_did(self: limits.Limits, did: str, msg_type: MsgType | None = None) -> limits.Counted:
    limit, window_s, now = self.per_did.limit, self.per_did.window_s, time.monotonic()
    if now - began.get(did, -window_s) >= window_s:
        began[did], used[did] = now, 0
    if used[did] >= limit:
        return limits.Counted(limit, -1, int((began[did] + window_s - now) * 1000) + 1, degraded=False)
    used[did] += 1
    return limits.Counted(limit, limit - used[did], None, degraded=False)


if __name__ == "__main__":
    limits.Limits.count_did = count_did
    sys.exit(main(sys.argv[1:]))
