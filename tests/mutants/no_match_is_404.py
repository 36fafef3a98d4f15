"""A query that nothing matches is answered 404, not with an empty list."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main
from reference_broker.errors import not_found

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-011"})
RELATED = frozenset(
    {
        "AINP-DSC-009",  # before it registered nobody matches
    }
)

find = discovery.Discovery.find


async def find_or_404(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    found = await find(self, query, limit=limit, min_similarity=min_similarity)
    if not found.matches:
        raise not_found("an agent for this query")
    return found


if __name__ == "__main__":
    discovery.Discovery.find = find_or_404
    sys.exit(main(sys.argv[1:]))
