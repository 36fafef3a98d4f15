"""Correct: a broker that declares the draft's own example, 0.7, as the least similarity of a match."""

from __future__ import annotations

import sys

from reference_broker.__main__ import main

AREAS = ("discovery", "trust", "intents", "registration")
PROFILE = "draft-00"
ENVIRONMENT = {"MIN_SIMILARITY": "0.7"}
FINDS: frozenset[str] = frozenset()
RELATED: frozenset[str] = frozenset()

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
