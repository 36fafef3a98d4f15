"""More than half is a majority, whatever the threshold: the other documented reading."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Mechanism

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-008"})
DISPUTED = frozenset({"AINP-NEG-008"})
RELATED: frozenset[str] = frozenset()

decides = rules.decides


def more_than_half(mechanism: Mechanism, share: float, threshold: float) -> bool:
    return decides(mechanism, share, 0.0 if mechanism is Mechanism.MAJORITY else threshold)


if __name__ == "__main__":
    rules.decides = more_than_half
    sys.exit(main(sys.argv[1:]))
