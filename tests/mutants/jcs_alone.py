"""Only the field's scheme verifies: the other reading of ERRATUM-01."""

from __future__ import annotations

import os
import sys

from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("signature",)
FINDS = frozenset({"AINP-SIG-009"})
DISPUTED = FINDS
RELATED: frozenset[str] = frozenset()


if __name__ == "__main__":
    os.environ["SIGNATURE_SCHEMES"] = "jcs"
    sys.exit(main(sys.argv[1:]))
