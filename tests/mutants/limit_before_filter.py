"""The tags of a query are looked at after the limit: better ranked agents hide the ones that match."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-008"})
RELATED: frozenset[str] = frozenset()

find = discovery.Discovery.find


async def find_then_filter(
    self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None
) -> discovery.Found:
    found = await find(self, replace(query, tags=()), limit=limit, min_similarity=min_similarity)
    return replace(found, matches=[match for match in found.matches if set(query.tags) <= set(match.tags)])


if __name__ == "__main__":
    discovery.Discovery.find = find_then_filter
    sys.exit(main(sys.argv[1:]))
