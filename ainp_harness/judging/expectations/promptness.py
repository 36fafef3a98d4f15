"""Promptness: how long answers may take, where a requirement says so; and logs that a machine can read."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.judging.expectations.operations import found_in
from ainp_harness.wire.exchange import Exchange


@expectation
def prompt(exchanges: Sequence[Exchange], context: Context, share: float, within_ms: float, aim_ms: float | None = None) -> Judgement:
    """Every one was answered with success, and this share of them within this time, by the nearest rank. Over the aim it says so."""
    failed = next((exchange for exchange in exchanges if not was_accepted(exchange, context)), None)
    if failed is not None:
        return broken(f"expected an answer: {describe(failed)}")
    took = sorted(exchange.duration_ms for exchange in exchanges)[math.ceil(share * len(exchanges)) - 1]
    if took > within_ms:
        return broken(f"{share:.0%} of {len(exchanges)} took up to {took:.0f} ms, expected {within_ms:g}")
    return held(f"{took:.0f} ms, over the aim of {aim_ms:g}" if aim_ms is not None and took > aim_ms else "")


@expectation
def logs_are_structured(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every line of the log is a JSON object with a level and a time."""
    found = found_in(exchanges[0])
    if found is None or not found["lines"]:
        return not_shown("no line was logged meanwhile" if found is not None else describe(exchanges[0]))
    for line in found["lines"]:
        try:
            entry = json.loads(line)
        except ValueError:
            return broken(f"a line of the log is no JSON: {line[:120]!r}")
        if not isinstance(entry, dict) or "level" not in entry or not {"timestamp", "time", "ts"} & entry.keys():
            return broken(f"a line of the log has no level or no time: {line[:120]!r}")
    return held()


@expectation
def has_index(exchanges: Sequence[Exchange], context: Context, method: str) -> Judgement:
    """Some index of the database is of this method."""
    if (found := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    definitions = [str(definition) for definition in found.values()]
    if any(f"using {method}" in definition.lower() for definition in definitions):
        return held()
    return broken(f"none of {len(definitions)} indexes is of the method {method}")


@expectation
def keeps_and_forgets(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """What was set was got, and after its expiry it was gone."""
    if (found := found_in(exchanges[0])) is None:
        return not_shown(describe(exchanges[0]))
    if found["got"] != found["set"]:
        return broken(f"{found['set']!r} was set, {found['got']!r} was got")
    if found["after"] is not None:
        return broken("what was to expire after 100 ms was there after 300")
    return held()
