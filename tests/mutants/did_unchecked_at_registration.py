"""Anything registers as a DID, whatever it looks like."""

from __future__ import annotations

import sys

from reference_broker import registration
from reference_broker.__main__ import main
from reference_broker.routes import agents

AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-003"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    registration.check_did = lambda did: did
    agents.resolve = lambda did: b""
    sys.exit(main(sys.argv[1:]))
