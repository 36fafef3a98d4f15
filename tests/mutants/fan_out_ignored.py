"""A query goes to all who match, whatever is declared."""

from __future__ import annotations

import sys

from reference_broker import routing
from reference_broker.__main__ import main
from reference_broker.routes import health

AREAS = ("intents",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-INT-004"})
RELATED: frozenset[str] = frozenset()

DECLARED = health.FAN_OUT


if __name__ == "__main__":
    routing.FAN_OUT = 10 * DECLARED
    sys.exit(main(sys.argv[1:]))
