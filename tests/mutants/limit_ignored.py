"""discovery answers with everything, whatever limit was asked for."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-007"})
RELATED: frozenset[str] = frozenset()

find = discovery.Discovery.find


async def find_everything(
    self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None
) -> discovery.Found:
    return await find(self, query, limit=100, min_similarity=min_similarity)


if __name__ == "__main__":
    discovery.Discovery.find = find_everything
    sys.exit(main(sys.argv[1:]))
