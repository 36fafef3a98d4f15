"""The tags of a query are ignored."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-008"})
RELATED = frozenset(
    {
        "AINP-DSC-011",  # a tag that nobody has matches everybody
    }
)

find = discovery.Discovery.find


async def find_any(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    return await find(self, replace(query, tags=()), limit=limit, min_similarity=min_similarity)


if __name__ == "__main__":
    discovery.Discovery.find = find_any
    sys.exit(main(sys.argv[1:]))
