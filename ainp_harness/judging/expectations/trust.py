"""Trust as a broker tells it: whether its numbers add up, and whether they fade as the sources say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.wire.binding import pick
from ainp_harness.wire.exchange import Exchange

WEIGHTS = {"reliability": 0.35, "honesty": 0.35, "competence": 0.20, "timeliness": 0.10}
"""RFC-001, trust vector."""

DECAY_RATE = 0.977
DAY_MS = 86_400_000.0
ROUNDING = 0.005
"""What a score may be off for being rounded to two places."""

CLOCKS_MS = 60_000.0


@expectation
def trust_adds_up(exchanges: Sequence[Exchange], context: Context, day_ms: float = DAY_MS) -> Judgement:
    """In every answer of get_agent the score is the weighted sum of the dimensions, decayed by whole days since it was last updated.

    Args:
        day_ms: how long the broker says its day is; another than 24 h is for tests.
    """
    faded = 0
    for exchange in exchanges:
        if exchange.response is None or not was_accepted(exchange, context):
            return not_shown(f"expected the agent: {describe(exchange)}")
        operation = context.binding.operations[exchange.operation]
        told = {
            name: pick(operation, name, exchange.response.body.json()) for name in ("trust", "dimensions", "decay_rate", "last_updated")
        }
        if not _is_share(told["trust"]) or not isinstance(told["dimensions"], dict):
            return broken(f"no trust with a score in 0..1 and its dimensions: {describe(exchange)}")
        if wrong := [name for name in WEIGHTS if not _is_share(told["dimensions"].get(name))]:
            return broken(f"the dimension {wrong[0]} is no number in 0..1: {describe(exchange)}")
        full = sum(weight * told["dimensions"][name] for name, weight in WEIGHTS.items())
        expected = _faded(full, told, exchange, day_ms)
        if not any(math.isclose(told["trust"], score, abs_tol=ROUNDING) for score in expected):
            said = " or ".join(f"{score:.4f}" for score in expected)
            return broken(f"the score is {told['trust']}, its dimensions and their age make it {said}: {describe(exchange)}")
        faded += expected[0] < full
    return held(f"{faded} of {len(exchanges)} of an age that counts")


def _faded(full: float, told: dict[str, Any], exchange: Exchange, day_ms: float) -> list[float]:
    """What the score may be: the days are whole, and two clocks may see different ones."""
    updated, rate = told["last_updated"], told["decay_rate"]
    if not _is_number(updated):
        return [full]
    known_rate = float(rate) if _is_share(rate) else DECAY_RATE
    clocks = min(CLOCKS_MS, day_ms / 10)
    earliest = math.floor((exchange.started_ms - clocks - updated) / day_ms)
    latest = math.floor((exchange.started_ms + exchange.duration_ms + clocks - updated) / day_ms)
    days = sorted({max(0, earliest), max(0, latest)})
    return [full * known_rate**day for day in days]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1
