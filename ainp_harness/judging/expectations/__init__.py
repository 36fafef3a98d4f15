"""Every expectation, one file a subject. Importing this package registers them all."""

from ainp_harness.judging.expectations import (
    agents,
    answers,
    delivery,
    discovery,
    faults,
    headers,
    limits,
    operations,
    readings,
    websockets,
)

__all__ = ["agents", "answers", "delivery", "discovery", "faults", "headers", "limits", "operations", "readings", "websockets"]
