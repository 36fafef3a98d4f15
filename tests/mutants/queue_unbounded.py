"""A queue takes more than is declared."""

from __future__ import annotations

import os
import sys
from typing import Any

from reference_broker import inbox
from reference_broker.__main__ import main

AREAS = ("queue",)
PROFILE = "draft-00"
DEPTH = "standard"
FINDS = frozenset({"AINP-QUE-005"})
RELATED: frozenset[str] = frozenset()

make = inbox.Inbox.__init__


def without_a_bound(self: inbox.Inbox, *args: Any, **kwargs: Any) -> None:
    make(self, *args, **{**kwargs, "queue_per_agent": 100_000})


if __name__ == "__main__":
    os.environ["QUEUE_PER_AGENT"] = "60"
    inbox.Inbox.__init__ = without_a_bound
    sys.exit(main(sys.argv[1:]))
