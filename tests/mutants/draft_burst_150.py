"""A burst of 200 intents in 10 s is declared, and 150 of them pass."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main
from reference_broker.settings import Settings

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-007"})
RELATED: frozenset[str] = frozenset()
PROFILE = "draft-00"
ENVIRONMENT = {"AINP_LIMITS": "draft-00"}


def budgets(settings: Settings) -> dict[MsgType | None, tuple[str, limits.Budget]]:
    intents = ("intents", limits.Budget(150, limits.BURST_S, settings.limit_window_s / settings.limit_per_did))
    return {MsgType.INTENT: intents, MsgType.RESULT: intents}


if __name__ == "__main__":
    limits.draft_budgets = budgets
    sys.exit(main(sys.argv[1:]))
