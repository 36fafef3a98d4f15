"""Half of the group is a majority."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Mechanism

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-008"})
RELATED: frozenset[str] = frozenset()

decides = rules.decides


def half(mechanism: Mechanism, share: float, threshold: float) -> bool:
    return share >= max(0.5, threshold) if mechanism is Mechanism.MAJORITY else decides(mechanism, share, threshold)


if __name__ == "__main__":
    rules.decides = half
    sys.exit(main(sys.argv[1:]))
