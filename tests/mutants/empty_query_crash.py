"""A query that is missing or too long ends in a 500."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from ainp_harness.wire.errors import ErrorCode
from reference_broker import queries
from reference_broker.__main__ import main
from reference_broker.errors import BrokerError
from reference_broker.routes import discovery

AREAS = ("discovery",)
FINDS = frozenset({"AINP-DSC-010"})
RELATED: frozenset[str] = frozenset()

parse_text_query = queries.parse_text_query


def parse(parameters: Mapping[str, str]) -> queries.TextQuery:
    try:
        return parse_text_query(parameters)
    except BrokerError as error:
        if "query" not in error.message:
            raise
        raise BrokerError(ErrorCode.INTERNAL_ERROR, "the broker failed") from error


if __name__ == "__main__":
    discovery.parse_text_query = parse
    sys.exit(main(sys.argv[1:]))
