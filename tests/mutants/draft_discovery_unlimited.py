"""Ten discoveries a minute are declared, and any number passes."""

from __future__ import annotations

import sys

from ainp_harness.wire.envelope import MsgType
from reference_broker import limits
from reference_broker.__main__ import main
from reference_broker.settings import Settings

AREAS = ("limits",)
FINDS = frozenset({"AINP-LIM-008"})
RELATED: frozenset[str] = frozenset()
PROFILE = "draft-00"
ENVIRONMENT = {"AINP_LIMITS": "draft-00", "LIMIT_DISCOVERY": "10"}

draft_budgets = limits.draft_budgets


def budgets(settings: Settings) -> dict[MsgType | None, tuple[str, limits.Budget]]:
    many = limits.Budget(1_000_000, settings.limit_window_s)
    return {**draft_budgets(settings), MsgType.DISCOVER: ("discovery", many)}


if __name__ == "__main__":
    limits.draft_budgets = budgets
    sys.exit(main(sys.argv[1:]))
