"""The declared weights sum to 1.1."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker.__main__ import main
from reference_broker.routes import health

AREAS = ("delivery",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QOS-003"})
RELATED = frozenset({"AINP-QOS-001"})

declaration = health.declaration


def with_one_more(*args: Any, **kwargs: Any) -> dict[str, Any]:
    declared = declaration(*args, **kwargs)
    return {**declared, "priority": {**declared["priority"], "novelty": 0.3}}


if __name__ == "__main__":
    health.declaration = with_one_more
    sys.exit(main(sys.argv[1:]))
