"""A DISCOVER is answered in JSON, whatever Accept says."""

from __future__ import annotations

import sys

from reference_broker import routes
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-018"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    routes.prefers_cbor = lambda accept: False
    sys.exit(main(sys.argv[1:]))
