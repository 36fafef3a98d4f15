"""Correct: a broker that does not declare WebSockets: agents poll."""

from __future__ import annotations

import sys

from reference_broker.__main__ import main
from reference_broker.routes import health

AREAS = (
    "websocket",
    "intents",
)
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    health.FEATURES = ("queue",)
    sys.exit(main(sys.argv[1:]))
