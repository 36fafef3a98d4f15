"""Every instance has queues of its own: what one took is not there at another."""

from __future__ import annotations

import os
import sys

from reference_broker import inbox, mailbox
from reference_broker.__main__ import main

AREAS = ("intents",)
FINDS = frozenset({"AINP-INT-013"})
RELATED: frozenset[str] = frozenset()
PROFILE = "phase-1.0"
DEPTH = "standard"
INSTANCES = 2

token_of_all = mailbox.subject_token


def token_of_this_one(did: str) -> str:
    return f"{token_of_all(did)}-{os.environ['PORT']}"


if __name__ == "__main__":
    mailbox.subject_token = inbox.subject_token = token_of_this_one
    sys.exit(main(sys.argv[1:]))
