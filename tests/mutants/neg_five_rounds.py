"""Five rounds where no number is asked for."""

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


def five(move: Move) -> sessions.Constraints:
    held = constraints_of(move)
    return replace(held, max_rounds=5) if move.wishes.max_rounds is None and move.group is None else held


if __name__ == "__main__":
    sessions.constraints_of = five
    sys.exit(main(sys.argv[1:]))
