"""Confirming is answered 204 and takes nothing away."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("queue",)
FINDS = frozenset({"AINP-QUE-003"})
RELATED: frozenset[str] = frozenset()


async def confirm_nothing(self: inbox.Inbox, did: str, delivery_ids: Sequence[str]) -> None:
    return None


if __name__ == "__main__":
    inbox.Inbox.confirm = confirm_nothing
    sys.exit(main(sys.argv[1:]))
