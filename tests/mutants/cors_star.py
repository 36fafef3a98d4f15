"""Every origin is allowed, with credentials."""

from __future__ import annotations

import sys
from typing import Any

from starlette.middleware.cors import CORSMiddleware

from reference_broker import app
from reference_broker.__main__ import main

AREAS = ("security",)
FINDS = frozenset({"AINP-SEC-002"})
RELATED: frozenset[str] = frozenset()


class AllowAll(CORSMiddleware):
    def __init__(self, application: Any, **options: Any) -> None:
        super().__init__(application, **{**options, "allow_origins": ("*",), "allow_credentials": True})


if __name__ == "__main__":
    app.CORSMiddleware = AllowAll
    sys.exit(main(sys.argv[1:]))
