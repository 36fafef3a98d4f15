"""A negotiation between two ends when one round has taken too long."""

from __future__ import annotations

import sys

from reference_broker import negotiation_session as sessions
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-006"})
RELATED: frozenset[str] = frozenset()

due_ms = sessions.Session.due_ms


def due_after_a_round(self: sessions.Session) -> float | None:
    due = due_ms.fget(self)  # type: ignore[attr-defined]
    return due if due is None else min(due, self.spoke_ms + self.constraints.timeout_per_round_ms)


if __name__ == "__main__":
    sessions.Session.due_ms = property(due_after_a_round)
    sys.exit(main(sys.argv[1:]))
