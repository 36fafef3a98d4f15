"""Unanimous is whatever reaches the threshold."""

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


def by_threshold(mechanism: Mechanism, share: float, threshold: float) -> bool:
    return share >= threshold if mechanism is Mechanism.UNANIMOUS else decides(mechanism, share, threshold)


if __name__ == "__main__":
    rules.decides = by_threshold
    sys.exit(main(sys.argv[1:]))
