"""Bodies are parsed by a lenient parser: NaN, 1e400 and broken UTF-8 pass."""

from __future__ import annotations

import json
import sys
from typing import Any

from ainp_harness.wire.canonical import NotCanonical
from reference_broker import admission
from reference_broker.__main__ import main
from reference_broker.routes import agents

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-004"})
RELATED: frozenset[str] = frozenset()


def parse_leniently(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("not JSON") from error


if __name__ == "__main__":
    agents.parse_json = parse_leniently
    admission.parse_message = lambda data: (parse_leniently(data), False)
    sys.exit(main(sys.argv[1:]))
