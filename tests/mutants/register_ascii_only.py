"""Descriptions lose what is not ASCII."""

from __future__ import annotations

import sys
from typing import Any

from reference_broker import registration
from reference_broker.__main__ import main

AREAS = ("registration",)
FINDS = frozenset({"AINP-REG-008"})
RELATED: frozenset[str] = frozenset()

checked = registration._checked


def checked_in_ascii(text: Any, member: str, at_most: int) -> str:
    return checked(text, member, at_most).encode("ascii", "ignore").decode()


if __name__ == "__main__":
    registration._checked = checked_in_ascii
    sys.exit(main(sys.argv[1:]))
