"""A negotiation between two has no end in time."""

from __future__ import annotations

import sys

from reference_broker import negotiation_session as sessions
from reference_broker.__main__ import main

AREAS = ("negotiation",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-NEG-006"})
RELATED: frozenset[str] = frozenset()

due_ms = sessions.Session.due_ms


def due_in_groups(self: sessions.Session) -> float | None:
    return due_ms.fget(self) if self.mechanism is not None else None  # type: ignore[attr-defined]


if __name__ == "__main__":
    sessions.Session.due_ms = property(due_in_groups)
    sys.exit(main(sys.argv[1:]))
