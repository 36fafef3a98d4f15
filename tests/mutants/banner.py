"""Every answer names the server and its version."""

from __future__ import annotations

import sys

from reference_broker import server
from reference_broker.__main__ import main

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-005"})
RELATED: frozenset[str] = frozenset()


def every_answer(instance: str) -> dict[str, str]:
    return {"X-AINP-Instance": instance, "X-Content-Type-Options": "nosniff", "Server": "nginx/1.18.0"}


if __name__ == "__main__":
    server.every_answer = every_answer
    sys.exit(main(sys.argv[1:]))
