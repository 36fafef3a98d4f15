"""Convergence is measured by the smaller of the two prices."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-007"})
RELATED: frozenset[str] = frozenset()


def by_the_smaller(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(0.0, 1 - abs(one - other) / min(one, other))


if __name__ == "__main__":
    rules.convergence = by_the_smaller
    sys.exit(main(sys.argv[1:]))
