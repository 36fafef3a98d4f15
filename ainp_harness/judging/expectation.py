"""Expectations: what a probe may say of its exchanges. Each is a name, parameters and one pure function, used live and from the bundle.

A function that raises says "not shown", never "held": a checker's own fault must not pass a broker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ainp_harness.judging.verdict import Outcome
from ainp_harness.promises.conflicts import Conflict
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.exchange import Exchange


@dataclass(frozen=True)
class Judgement:
    """What an expectation says: the outcome, and a message that teaches when it is not held."""

    outcome: Outcome
    message: str
    erratum: str | None = None


@dataclass(frozen=True)
class Context:
    """What expectations know besides the exchanges: the binding, which tells where an answer keeps its fields, and how the profile reads
    what the sources leave open."""

    binding: Binding
    profile: str = ""
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)


Function = Callable[..., Judgement]

_REGISTRY: dict[str, Function] = {}


def expectation(function: Function) -> Function:
    """Register `function(exchanges, context, **params)` under its own name."""
    if function.__name__ in _REGISTRY:
        raise ValueError(f"the expectation {function.__name__} stands twice")
    _REGISTRY[function.__name__] = function
    return function


def expectation_names() -> list[str]:
    return sorted(_REGISTRY)


def expectation_about(name: str) -> str:
    """What an expectation says of itself; empty where there is none of that name."""
    function = _REGISTRY.get(name)
    return (function.__doc__ or "") if function is not None else ""


def evaluate(name: str, exchanges: Sequence[Exchange], params: Mapping[str, Any], context: Context) -> Judgement:
    """What the expectation of that name says of these exchanges."""
    function = _REGISTRY.get(name)
    if function is None:
        return not_shown(f"this version knows no expectation {name!r}")
    if not exchanges:
        return not_shown("no exchange was recorded for it")
    judgement = _call(function, exchanges, params, context)
    own_fault = next((exchange for exchange in exchanges if exchange.failure is not None and exchange.failure.kind == "local"), None)
    if judgement.outcome is Outcome.BROKEN and own_fault is not None:
        # What we could not send breaks nothing; what the others break without it stays broken.
        others = [exchange for exchange in exchanges if exchange.failure is None or exchange.failure.kind != "local"]
        judgement = _call(function, others, params, context) if others else judgement
        if judgement.outcome is not Outcome.BROKEN or not others:
            return not_shown(f"the harness could not send it: {describe(own_fault)}")
    return judgement


def _call(function: Function, exchanges: Sequence[Exchange], params: Mapping[str, Any], context: Context) -> Judgement:
    try:
        return function(exchanges, context, **params)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is our fault, and says nothing about the broker
        return not_shown(f"the expectation {function.__name__} could not be evaluated: {type(error).__name__}: {error}")


def held(message: str = "", erratum: str | None = None) -> Judgement:
    return Judgement(Outcome.HELD, message, erratum)


def broken(message: str) -> Judgement:
    return Judgement(Outcome.BROKEN, message)


def not_shown(message: str) -> Judgement:
    return Judgement(Outcome.NOT_SHOWN, message)


def disputed(message: str, erratum: str) -> Judgement:
    """The broker follows a documented reading other than the profile's."""
    return Judgement(Outcome.DISPUTED, message, erratum)


def describe(exchange: Exchange) -> str:
    """An exchange's answer in a few words, for messages."""
    what = f"{exchange.request.method} {exchange.request.target.partition('?')[0]}"
    if exchange.response is None:
        failure = exchange.failure
        return f"{what} got no answer" + (f" ({failure.kind}: {failure.message})" if failure else "")
    text = " ".join(exchange.response.body.text.split())
    shown = text if len(text) <= 200 else text[:200] + "…"
    return f"{what} was answered {exchange.response.status}" + (f" {shown}" if shown else " with an empty body")
