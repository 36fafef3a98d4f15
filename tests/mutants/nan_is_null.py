"""NaN and Infinity are read as null, as a lenient parser reads them."""

from __future__ import annotations

import json
import sys
from typing import Any

from ainp_harness.wire.canonical import NotCanonical, parse_json
from reference_broker import admission
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("envelope",)
FINDS = frozenset({"AINP-ENV-013"})
RELATED: frozenset[str] = frozenset()


def parse_null(data: bytes) -> Any:
    try:
        return parse_json(data)
    except NotCanonical:
        pass
    try:
        return json.loads(data, parse_constant=lambda name: None)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not JSON") from error


if __name__ == "__main__":
    admission.parse_message = lambda data: (parse_null(data), False)
    sys.exit(main(sys.argv[1:]))
