"""Every expectation, one file a subject. Importing this package registers them all."""

from ainp_harness.judging.expectations import (
    agents,
    answers,
    delivery,
    discovery,
    faults,
    fields,
    headers,
    limits,
    matches,
    operations,
    readings,
    trust,
    websockets,
)

__all__ = [
    "agents",
    "answers",
    "delivery",
    "discovery",
    "faults",
    "fields",
    "headers",
    "limits",
    "matches",
    "operations",
    "readings",
    "trust",
    "websockets",
]
