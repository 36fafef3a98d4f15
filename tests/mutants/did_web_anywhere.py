"""A did:web is resolved wherever it leads, private networks too, and by http."""

from __future__ import annotations

import sys

from reference_broker import did_web
from reference_broker.__main__ import main

PROFILE = "draft-00"
AREAS = ("identity",)
FINDS = frozenset({"AINP-DID-005"})
RELATED: frozenset[str] = frozenset()


class Everywhere(frozenset[str]):
    """Every HOST:PORT."""

    def __contains__(self, authority: object) -> bool:
        return True


class DidWebAnywhere(did_web.DidWeb):
    """A resolver that looks at no address."""

    def __init__(self, allow: tuple[str, ...]) -> None:
        super().__init__(allow)
        self._allow = Everywhere()


if __name__ == "__main__":
    from reference_broker import broker

    broker.DidWeb = DidWebAnywhere
    sys.exit(main(sys.argv[1:]))
