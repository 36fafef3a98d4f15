"""A group gets ten rounds, however large it is."""

from __future__ import annotations

import sys

from reference_broker import negotiation_session as sessions
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-016"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    sessions.GROUP_ROUNDS = 1_000
    sys.exit(main(sys.argv[1:]))
