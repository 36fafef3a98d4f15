"""Agents are ranked by equal words, not by meaning."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-002"})
RELATED: frozenset[str] = frozenset()

find = discovery.Discovery.find


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def overlap(match: discovery.Match, query: CapabilityQuery) -> float:
    return len(words(match.capability) & words(query.description)) / max(1, len(words(match.capability) | words(query.description)))


async def find_by_words(self: discovery.Discovery, query: CapabilityQuery, *, limit: int, min_similarity: float | None) -> discovery.Found:
    found = await find(self, query, limit=100, min_similarity=None)
    matches = sorted((replace(match, similarity=overlap(match, query)) for match in found.matches), key=lambda match: -match.similarity)
    return replace(found, matches=[match for match in matches if match.similarity >= (min_similarity or 0)][:limit])


if __name__ == "__main__":
    discovery.Discovery.find = find_by_words
    sys.exit(main(sys.argv[1:]))
