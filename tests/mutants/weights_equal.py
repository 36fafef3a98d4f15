"""The four weights of the priority are taken as equal, other than declared."""

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


def of_equal_weights(self: Qos, bid_scale: float = 10.0) -> float:
    bid = priority(self, bid_scale) - priority(self, 1e12)
    return (self.urgency + self.importance + self.novelty + self.ethical_weight) / 4 + bid


if __name__ == "__main__":
    Qos.priority = of_equal_weights
    sys.exit(main(sys.argv[1:]))
