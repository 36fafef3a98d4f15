"""A weighted group counts heads."""

from __future__ import annotations

import sys

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-018"})
RELATED: frozenset[str] = frozenset()
score = rules.score


def heads(mechanism, participants, votes, trust):
    return score(mechanism, participants, votes, dict.fromkeys(participants, 1.0))


if __name__ == "__main__":
    rules.score = heads
    sys.exit(main(sys.argv[1:]))
