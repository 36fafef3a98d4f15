"""Beside a description the embedding of a query is ignored."""

from __future__ import annotations

import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-DSC-006"})
RELATED = frozenset(
    {
        "AINP-DSC-016",  # its controls ask by an embedding
    }
)

find = discovery.Discovery.find


async def find_by_text(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    return await find(self, replace(query, embedding=None), limit=limit, min_similarity=min_similarity)


if __name__ == "__main__":
    discovery.Discovery.find = find_by_text
    sys.exit(main(sys.argv[1:]))
