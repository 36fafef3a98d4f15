"""A capability may have an empty description."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import registration
from reference_broker.__main__ import main

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-003"})
RELATED: frozenset[str] = frozenset()

checked = registration._checked


def checked_or_empty(text: Any, member: str, at_most: int) -> str:
    return "" if text == "" else checked(text, member, at_most)


if __name__ == "__main__":
    registration._checked = checked_or_empty
    sys.exit(main(sys.argv[1:]))
