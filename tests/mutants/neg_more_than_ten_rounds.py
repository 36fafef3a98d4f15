"""As many rounds as are asked for."""

from __future__ import annotations

import sys
from dataclasses import replace

from reference_broker import negotiation_session as sessions
from reference_broker.__main__ import main
from reference_broker.negotiation_terms import Move

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-013"})
RELATED: frozenset[str] = frozenset()

constraints_of = sessions.constraints_of


def as_many_as_asked(move: Move) -> sessions.Constraints:
    held = constraints_of(move)
    return replace(held, max_rounds=move.wishes.max_rounds or held.max_rounds)


if __name__ == "__main__":
    sessions.constraints_of = as_many_as_asked
    sys.exit(main(sys.argv[1:]))
