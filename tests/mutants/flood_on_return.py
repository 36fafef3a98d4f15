"""An agent that comes back gets all that waits at once."""

from __future__ import annotations

import sys

from reference_broker import delivery
from reference_broker.__main__ import main

AREAS = ("queue",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QUE-006"})
RELATED: frozenset[str] = frozenset()

AT_ONCE_S = 0.0


if __name__ == "__main__":
    delivery.PUSH_EVERY_S = AT_ONCE_S
    sys.exit(main(sys.argv[1:]))
