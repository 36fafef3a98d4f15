"""A WebSocket swallows frames that are no JSON."""

from __future__ import annotations

import sys

from reference_broker import delivery
from reference_broker.__main__ import main

AREAS = ("websocket",)
FINDS = frozenset({"AINP-WSK-003"})
RELATED: frozenset[str] = frozenset()

confirmed_ids = delivery.confirmed_ids


def confirmed_or_none(text: str) -> list[str]:
    try:
        return confirmed_ids(text)
    except ValueError:
        return []


if __name__ == "__main__":
    delivery.confirmed_ids = confirmed_or_none
    sys.exit(main(sys.argv[1:]))
