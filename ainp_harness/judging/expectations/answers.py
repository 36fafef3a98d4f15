"""Acceptance and refusal: the two things most probes ask about, and plain answers.

Right-reason refusals: a code that means something else than the change that was made does not count as a refusal of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.wire.binding import pick_path
from ainp_harness.wire.errors import ErrorCode
from ainp_harness.wire.exchange import Exchange

KNOWN_CODES = frozenset(ErrorCode)
"""A code outside these is the broker's own word: it is shown, and the status decides."""


CANNOT_KEEP = frozenset({400, 413, 414, 422})
"""Statuses by which a broker may say that it does not take such a value."""


def was_accepted(exchange: Exchange, context: Context) -> bool:
    """Whether the answer's status is one that means done."""
    operation = context.binding.operations.get(exchange.operation)
    success = operation.success if operation else frozenset(range(200, 300))
    return exchange.response is not None and exchange.response.status in success


def code_of(exchange: Exchange, context: Context) -> str | None:
    """The standard code of a refusal; None where its body has none."""
    if exchange.response is None:
        return None
    return context.binding.error_code(exchange.response.status, exchange.response.body.json())


@expectation
def accepted(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one of these was accepted."""
    for exchange in exchanges:
        if exchange.failure is not None and exchange.failure.kind == "local":
            return not_shown(describe(exchange))
        if exchange.response is not None and exchange.response.status == 429:
            return not_shown(f"the limit was reached: {describe(exchange)}")
        if not was_accepted(exchange, context):
            return broken(f"not accepted: {describe(exchange)}")
    return held()


@expectation
def refused(
    exchanges: Sequence[Exchange], context: Context, codes: Sequence[str] = (), statuses: Sequence[int] = (), strict: bool = False
) -> Judgement:
    """Every one of these was refused as a client's fault (4xx), for the right reason.

    Args:
        codes: standard codes that fit; empty: any. A code of the broker's own counts by its status, unless `strict`.
        statuses: statuses that fit; empty: any 4xx.
        strict: the code itself is the question, so one of `codes` must be there.
    """
    for exchange in exchanges:
        judgement = _refused_one(exchange, context, codes, statuses, strict)
        if judgement.outcome != "held":
            return judgement
    return held()


def _refused_one(exchange: Exchange, context: Context, codes: Sequence[str], statuses: Sequence[int], strict: bool) -> Judgement:
    response = exchange.response
    expected = " or ".join(codes) if codes else "4xx"
    if response is None:
        return not_shown(f"expected a refusal ({expected}): {describe(exchange)}")
    code = code_of(exchange, context)
    if 200 <= response.status < 300:
        return broken(f"accepted, expected a refusal ({expected}): {describe(exchange)}")
    if response.status >= 500:
        return broken(f"a server's fault for a client's mistake, expected {expected}: {describe(exchange)}")
    if response.status < 400:
        return broken(f"neither accepted nor refused, expected {expected}: {describe(exchange)}")
    if response.status == 429 and 429 not in statuses:
        return not_shown(f"the limit was reached before the message was looked at: {describe(exchange)}")
    if statuses and response.status not in statuses:
        return broken(f"refused with status {response.status}, expected {' or '.join(map(str, statuses))}: {describe(exchange)}")
    if codes and code not in codes and (strict or code in KNOWN_CODES):
        return broken(f"refused for another reason ({code or 'no code'}), expected {expected}: {describe(exchange)}")
    return held()


@expectation
def answers(
    exchanges: Sequence[Exchange], context: Context, statuses: Sequence[int], members: dict[str, Any] | None = None, json: bool = True
) -> Judgement:
    """Every answer has one of these statuses, and its JSON body these values at these paths (binding.pick_path)."""
    for exchange in exchanges:
        response = exchange.response
        if response is None:
            return broken(f"expected {' or '.join(map(str, statuses))}: {describe(exchange)}")
        if response.status not in statuses:
            return broken(f"expected {' or '.join(map(str, statuses))}: {describe(exchange)}")
        body = response.body.json()
        if json and not response.headers.get("content-type", "").partition(";")[0].strip().endswith("json"):
            return broken(f"the content type is {response.headers.get('content-type', 'missing')!r}, expected JSON: {describe(exchange)}")
        for path, value in (members or {}).items():
            if (found := pick_path(path, body)) != value:
                return broken(f"{path} is {found!r}, expected {value!r}: {describe(exchange)}")
    return held()


@expectation
def one_accepted(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Of these, sent at once, exactly one was accepted."""
    count = sum(was_accepted(exchange, context) for exchange in exchanges)
    if all(exchange.response is None for exchange in exchanges):
        return not_shown(describe(exchanges[0]))
    unanswered = sum(exchange.response is None for exchange in exchanges)
    if count > 1:
        return broken(f"{count} of {len(exchanges)} identical messages were accepted, expected exactly one")
    if count == 0:
        return broken(f"none of {len(exchanges)} identical messages was accepted, expected exactly one: {describe(exchanges[0])}")
    if unanswered:
        return not_shown(f"{unanswered} of {len(exchanges)} got no answer")
    return held()


@expectation
def accepted_or_refused(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """Every one was accepted, or refused as a client's fault: anything but a fault of the server."""
    for exchange in exchanges:
        if exchange.response is None:
            return broken(f"expected an answer: {describe(exchange)}")
        if not was_accepted(exchange, context) and not 400 <= exchange.response.status < 500:
            return broken(f"neither accepted nor refused with 4xx: {describe(exchange)}")
    return held()


@expectation
def any_accepted(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """At least one of these was accepted."""
    if any(was_accepted(exchange, context) for exchange in exchanges):
        return held()
    if all(exchange.response is None for exchange in exchanges):
        return not_shown(describe(exchanges[0]))
    return broken(f"none of {len(exchanges)} was accepted: {describe(exchanges[0])}")


@expectation
def closed(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """These paths are closed: 401, 403 or 404 (405 where another method lives there)."""
    for exchange in exchanges:
        if exchange.response is None:
            return not_shown(describe(exchange))
        if exchange.response.status not in (401, 403, 404, 405):
            return broken(f"expected 401, 403 or 404: {describe(exchange)}")
    return held()


@expectation
def refused_or_kept(exchanges: Sequence[Exchange], context: Context, path: str, value: Any) -> Judgement:
    """Either the first was refused as a client's fault, or the second gives the value back unchanged at this path."""
    first = exchanges[0]
    if first.response is None:
        return not_shown(describe(first))
    if first.response.status in CANNOT_KEEP:
        return held("refused")
    if not was_accepted(first, context) or len(exchanges) < 2:
        return broken(f"neither accepted nor refused with 4xx: {describe(first)}")
    second = exchanges[1]
    if second.response is None or second.response.body.truncated:
        return not_shown(describe(second))
    if (found := pick_path(path, second.response.body.json())) != value:
        return broken(f"came back as {str(found)[:200]!r}, sent was {str(value)[:200]!r}")
    return held("kept unchanged")
