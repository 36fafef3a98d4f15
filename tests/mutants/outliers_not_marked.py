"""Outliers are declared, and neither flagged nor ranked down: of agents that are alike the mistrusted comes first."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ainp_harness.wire.envelope import CapabilityQuery
from reference_broker import discovery
from reference_broker.__main__ import main
from reference_broker.routes import health
from reference_broker.settings import Settings

AREAS = ("trust",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-TRU-003"})
DEPTH = "standard"
RELATED: frozenset[str] = frozenset()

features, find = health.features, discovery.Discovery.find


def features_and_outliers(settings: Settings) -> list[str]:
    return [*features(settings), "outliers"]


async def find_the_mistrusted(self: discovery.Discovery, query: CapabilityQuery, **how: Any) -> discovery.Found:
    found = await find(self, query, **how)
    return replace(found, matches=sorted(found.matches, key=lambda match: (-match.similarity, match.trust)))


if __name__ == "__main__":
    health.features = features_and_outliers
    discovery.Discovery.find = find_the_mistrusted
    sys.exit(main(sys.argv[1:]))
