"""A burst of 200 is given every minute: twice the rate is sustained."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main
from reference_broker.settings import Settings

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-013"})
RELATED = frozenset({"AINP-LIM-004"})  # of the compressed profile: a burst may take longer than its window
PROFILE = "draft-00"
ENVIRONMENT = {"AINP_LIMITS": "draft-00"}
DEPTH = "standard"


def budgets(settings: Settings) -> dict[MsgType | None, tuple[str, limits.Budget]]:
    intents = ("intents", limits.Budget(limits.BURST, settings.limit_window_s))
    return {MsgType.INTENT: intents, MsgType.RESULT: intents}


if __name__ == "__main__":
    limits.draft_budgets = budgets
    sys.exit(main(sys.argv[1:]))
