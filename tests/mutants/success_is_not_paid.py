"""A RESULT that says success leaves the bid where it is."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from reference_broker.__main__ import main
from reference_broker.credits import Credits

AREAS = ("credits",)
PROFILE = "draft-00"
FINDS = frozenset({"AINP-CRD-002"})
RELATED = frozenset({"AINP-CRD-004"})


@asynccontextmanager
async def pay_nothing(_self: Credits, *_args: Any) -> AsyncIterator[None]:
    yield


if __name__ == "__main__":
    os.environ.update({"AINP_CREDITS": "true", "AINP_STARTING_BALANCE": "50"})
    Credits.paying = pay_nothing
    sys.exit(main(sys.argv[1:]))
