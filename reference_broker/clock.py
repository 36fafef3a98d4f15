"""The broker's clock: Unix milliseconds, as in every timestamp of the protocol."""

from __future__ import annotations

import time


def now_ms() -> int:
    return time.time_ns() // 1_000_000
