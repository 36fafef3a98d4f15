"""A cancelled intent is delivered all the same."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from reference_broker import handover, inbox
from reference_broker.__main__ import main

AREAS = ("queue",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-QUE-007"})
RELATED: frozenset[str] = frozenset()


async def hand_over_all(_self: handover.HandOver, batch: Sequence[tuple[str, str]]) -> Sequence[bool]:
    return [True] * len(batch)


async def leave(_self: inbox.Inbox, _intent: tuple[str, str], _dids: Iterable[str]) -> None:
    return None


if __name__ == "__main__":
    handover.HandOver._hand_over_all = hand_over_all
    inbox.Inbox.withdraw = leave
    sys.exit(main(sys.argv[1:]))
