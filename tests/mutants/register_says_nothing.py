"""The answer to a registration is empty."""

from __future__ import annotations

import sys

from reference_broker.__main__ import main
from reference_broker.routes import agents

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-001"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    agents._receipt = lambda entry: {}
    sys.exit(main(sys.argv[1:]))
