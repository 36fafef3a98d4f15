"""A default that stands beside a wish is forgotten: an OFFER that wishes anything has a threshold of 1."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import negotiation_session as sessions
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-015"})
RELATED: frozenset[str] = frozenset()

constraints_of = sessions.constraints_of


def strict_beside_wishes(move: Move) -> sessions.Constraints:
    held = constraints_of(move)
    wished = move.wishes.max_rounds is not None and move.wishes.convergence_threshold is None and move.group is None
    return replace(held, convergence_threshold=1.0) if wished else held


if __name__ == "__main__":
    sessions.constraints_of = strict_beside_wishes
    sys.exit(main(sys.argv[1:]))
