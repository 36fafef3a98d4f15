"""The best matches are given worst first."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-DSC-003"})
RELATED = frozenset(
    {
        "AINP-DSC-002",  # the agent that fits is the last
        "AINP-DSC-006",  # the agent that fits is the last
    }
)

find = discovery.Discovery.find


async def find_backwards(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    found = await find(self, query, limit=limit, min_similarity=min_similarity)
    return replace(found, matches=found.matches[::-1])


if __name__ == "__main__":
    discovery.Discovery.find = find_backwards
    sys.exit(main(sys.argv[1:]))
