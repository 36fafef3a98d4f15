"""Without consensus the broker proposes again what was proposed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reference_broker import negotiation_rules as rules
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Proposal
from reference_broker.negotiation_votes import Vote

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-017"})
RELATED: frozenset[str] = frozenset()


def combined(standing: Proposal, votes: Sequence[Vote]) -> Proposal:
    return standing


if __name__ == "__main__":
    rules.combined = combined
    sys.exit(main(sys.argv[1:]))
