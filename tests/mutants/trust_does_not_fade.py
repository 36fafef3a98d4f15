"""Trust does not fade, however long ago it was earned."""

from __future__ import annotations

import sys

from reference_broker.__main__ import main
from reference_broker.trust import Decay

AREAS = ("trust",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-TRU-001"})
ENVIRONMENT = {"TRUST_DAY_S": "1"}
RELATED: frozenset[str] = frozenset()


def undecayed(self: Decay, score: float, updated_ms: int, now: int) -> float:
    return score


if __name__ == "__main__":
    Decay.of = undecayed
    sys.exit(main(sys.argv[1:]))
