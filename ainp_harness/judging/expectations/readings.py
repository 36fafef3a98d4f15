"""Readings: where the sources contradict each other, which of the documented readings a broker follows, and whether it is the profile's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, disputed, evaluate, expectation, held, not_shown
from ainp_harness.judging.verdict import Outcome
from ainp_harness.wire.exchange import Exchange


@expectation
def follows_reading(exchanges: Sequence[Exchange], context: Context, erratum: str, readings: Mapping[str, Mapping[str, Any]]) -> Judgement:
    """What came fits one of the erratum's readings, each of which says what must then hold of these exchanges.

    Args:
        readings: reading -> {"expectation": name, further members: its parameters}, of the readings that can be told apart here.

    Held where it is the reading of the profile, or the profile takes either; disputed where it is another documented one; broken where it
    is none of them, or one that excuses nothing. Source: conflicts.toml.
    """
    conflict = context.conflicts.get(erratum)
    if conflict is None:
        return not_shown(f"this version knows no {erratum}")
    said = {reading: _judged(exchanges, context, wanted) for reading, wanted in readings.items()}
    followed = [reading for reading, judgement in said.items() if judgement.outcome is Outcome.HELD]
    if any(conflict.follows_profile(reading, context.profile) for reading in followed):
        return held(f"follows {' and '.join(followed)}", erratum)
    if excused := [reading for reading in followed if reading not in conflict.never]:
        own = conflict.default.get(context.profile, "none")
        return disputed(
            f"{conflict.about}: the broker follows {excused[0]} ({conflict.readings[excused[0]]}), "
            f"{context.profile} reads {own} ({conflict.readings.get(own, 'no documented reading')})",
            erratum,
        )
    if followed:
        return broken(f"{conflict.about}: {followed[0]} ({conflict.readings[followed[0]]}) is documented, and excuses nothing")
    if unclear := [judgement for judgement in said.values() if judgement.outcome is Outcome.NOT_SHOWN]:
        return unclear[0]
    ours = [judgement for reading, judgement in said.items() if conflict.follows_profile(reading, context.profile)]
    first = (ours or list(said.values()))[0]
    return broken(f"{conflict.about}: fits no documented reading; {first.message}")


def _judged(exchanges: Sequence[Exchange], context: Context, wanted: Mapping[str, Any]) -> Judgement:
    params = {name: value for name, value in wanted.items() if name != "expectation"}
    return evaluate(str(wanted["expectation"]), exchanges, params, context)
