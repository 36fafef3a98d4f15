"""What ready says is kept for ten seconds."""

from __future__ import annotations

import sys

from reference_broker import readiness
from reference_broker.__main__ import main

AREAS = ("health",)
DEPTH = "standard"
FINDS = frozenset({"AINP-HLT-003"})
RELATED: frozenset[str] = frozenset(
    {
        "AINP-HLT-004",  # where it happened to look during the outage
        "AINP-HLT-006",  # the bench starts it once
    }
)


if __name__ == "__main__":
    readiness.FRESH_S = 10.0
    sys.exit(main(sys.argv[1:]))
