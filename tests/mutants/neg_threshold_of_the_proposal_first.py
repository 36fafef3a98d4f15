"""The threshold of the proposal stands before that of the constraints."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import negotiation_session as sessions
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-008"})
RELATED: frozenset[str] = frozenset()

constraints_of = sessions.constraints_of


def proposal_first(move: Move) -> sessions.Constraints:
    held = constraints_of(move)
    proposed = move.group.convergence_threshold if move.group is not None else None
    return held if proposed is None else replace(held, convergence_threshold=proposed)


if __name__ == "__main__":
    sessions.constraints_of = proposal_first
    sys.exit(main(sys.argv[1:]))
