"""A host that may be asked for did:web documents may send the broker on to any other."""

from __future__ import annotations

import sys
from typing import Any

import httpx

from reference_broker import did_web
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-005"})
RELATED: frozenset[str] = frozenset()

made = httpx.AsyncClient


def following(**options: Any) -> httpx.AsyncClient:
    return made(**{**options, "follow_redirects": True})


if __name__ == "__main__":
    did_web.httpx.AsyncClient = following
    sys.exit(main(sys.argv[1:]))
