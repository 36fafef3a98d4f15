"""Nothing is limited; the headers say that 99 requests are left, for ever."""

from __future__ import annotations

import sys

from reference_broker import limits
from reference_broker.__main__ import main

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-001", "AINP-LIM-002"})
RELATED: frozenset[str] = frozenset()


async def unlimited(self: limits.Limits, caller: str) -> limits.Counted:
    return limits.Counted(100, 99, None, degraded=False)


if __name__ == "__main__":
    limits.Limits.count_did = limits.Limits.count_address = unlimited
    sys.exit(main(sys.argv[1:]))
