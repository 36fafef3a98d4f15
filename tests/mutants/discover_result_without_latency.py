"""Matches of a DISCOVER do not tell how long an agent takes."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker.__main__ import main
from reference_broker.discovery import Match
from reference_broker.routes import discovery

AREAS = ("discovery",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-DSC-013"})
RELATED = frozenset(
    {
        "AINP-DSC-017",  # there is no estimate to set a bound by
    }
)

told = discovery._match


def told_without_latency(match: Match) -> dict[str, Any]:
    return {name: value for name, value in told(match).items() if name != "estLatencyMs"}


if __name__ == "__main__":
    discovery._match = told_without_latency
    sys.exit(main(sys.argv[1:]))
