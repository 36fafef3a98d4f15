"""Answers of discovery are cached for a minute: what registered since is not found, what is gone still is."""

from __future__ import annotations

import sys
import time

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-009"})
RELATED = frozenset(
    {
        "AINP-DSC-001",  # what its control asks for was answered before
        "AINP-DSC-012",  # its control is answered from the cache
    }
)

find = discovery.Discovery.find
FRESH_S = 60.0
cache: dict[tuple[CapabilityQuery, int, float | None], tuple[float, discovery.Found]] = {}


async def find_cached(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    key = (query, limit, min_similarity)
    if key not in cache or cache[key][0] < time.monotonic() - FRESH_S:
        cache[key] = (time.monotonic(), await find(self, query, limit=limit, min_similarity=min_similarity))
    return cache[key][1]


if __name__ == "__main__":
    discovery.Discovery.find = find_cached
    sys.exit(main(sys.argv[1:]))
