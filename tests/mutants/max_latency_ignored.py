"""max_latency_ms of a query is ignored in silence."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-DSC-017"})
RELATED: frozenset[str] = frozenset()

find = discovery.Discovery.find


async def find_slow(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    return await find(self, replace(query, max_latency_ms=None), limit=limit, min_similarity=min_similarity)


if __name__ == "__main__":
    discovery.Discovery.find = find_slow
    sys.exit(main(sys.argv[1:]))
