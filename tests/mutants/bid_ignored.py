"""A bid does not add to the priority."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import Qos
from reference_broker.__main__ import main

AREAS = (
    "intents",
    "queue",
    "delivery",
)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QOS-001"})
RELATED: frozenset[str] = frozenset()

priority = Qos.priority


def without_the_bid(self: Qos, bid_scale: float = 10.0) -> float:
    return priority(self, 1e12)


if __name__ == "__main__":
    Qos.priority = without_the_bid
    sys.exit(main(sys.argv[1:]))
