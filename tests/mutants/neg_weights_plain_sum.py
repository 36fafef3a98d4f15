"""The sum of trust × vote is not divided: the other documented reading."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Mechanism
from reference_broker.negotiation_votes import Vote

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-018"})
DISPUTED = frozenset({"AINP-NEG-018"})
RELATED: frozenset[str] = frozenset()

score = rules.score


def plain_sum(mechanism: Mechanism, participants: Sequence[str], votes: Iterable[Vote], trust: Mapping[str, float]) -> float:
    share = score(mechanism, participants, votes, trust)
    return share * sum(trust[did] for did in participants) if mechanism is Mechanism.WEIGHTED else share


if __name__ == "__main__":
    rules.score = plain_sum
    sys.exit(main(sys.argv[1:]))
