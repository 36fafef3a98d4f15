"""Bodies are read one after another: a slow sender holds up everybody else."""

from __future__ import annotations

import asyncio
import sys

from starlette.requests import Request

from reference_broker import admission
from reference_broker.__main__ import main

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-006"})
RELATED: frozenset[str] = frozenset()

read_body = admission.read_body
turn = asyncio.Lock()


async def read_in_turn(request: Request) -> bytes:
    async with turn:
        return await read_body(request)


if __name__ == "__main__":
    admission.read_body = read_in_turn
    sys.exit(main(sys.argv[1:]))
