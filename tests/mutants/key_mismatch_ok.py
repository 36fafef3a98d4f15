"""A registration may give another public key than its DID names."""

from __future__ import annotations

import sys

from reference_broker import registration
from reference_broker.__main__ import main

AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-004"})
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    registration._public_key = lambda key: None
    sys.exit(main(sys.argv[1:]))
