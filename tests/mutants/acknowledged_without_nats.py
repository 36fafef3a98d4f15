"""An intent that the stream did not take is acknowledged all the same."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

from reference_broker import inbox
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError

AREAS = ("intents",)
DEPTH = "standard"
FINDS = frozenset({"AINP-INT-012"})
RELATED: frozenset[str] = frozenset()

store = inbox.Inbox.store


async def store_or_not(self: inbox.Inbox, *message: Any, **when: Any) -> None:
    with suppress(BrokerError):
        await store(self, *message, **when)


if __name__ == "__main__":
    inbox.Inbox.store = store_or_not
    sys.exit(main(sys.argv[1:]))
