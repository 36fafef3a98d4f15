"""Matches come in random order."""

from __future__ import annotations

import random
import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-002"})
RELATED: frozenset[str] = frozenset()

find = discovery.Discovery.find


async def find_shuffled(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    found = await find(self, query, limit=100, min_similarity=min_similarity)
    return replace(found, matches=random.sample(found.matches, min(limit, len(found.matches))))


if __name__ == "__main__":
    discovery.Discovery.find = find_shuffled
    sys.exit(main(sys.argv[1:]))
