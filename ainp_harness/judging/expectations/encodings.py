"""Encodings of answers, and who was asked for a did:web document."""

from __future__ import annotations

from collections.abc import Sequence

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import refused, was_accepted
from ainp_harness.judging.verdict import Outcome
from ainp_harness.wire.cbor_envelope import MEDIA_TYPE as CBOR
from ainp_harness.wire.exchange import Exchange


@expectation
def encoded_as(exchanges: Sequence[Exchange], context: Context, encoding: str) -> Judgement:
    """Every answer is accepted, says that it is in this encoding ("json" or "cbor"), and can be read in it."""
    for exchange in exchanges:
        if exchange.response is None or not was_accepted(exchange, context):
            return broken(f"not accepted: {describe(exchange)}")
        told = exchange.response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if (told == CBOR) != (encoding == "cbor") or (encoding == "json" and not told.endswith("json")):
            return broken(f"the content type is {told or 'missing'}, expected {encoding.upper()}: {describe(exchange)}")
        if exchange.response.body.truncated:
            return not_shown("the answer is no longer whole in the evidence")
        if not isinstance(exchange.response.message, dict):
            return broken(f"the answer cannot be read as {encoding.upper()}: {describe(exchange)}")
    return held()


@expectation
def not_called(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """None of these hosts was connected to."""
    for exchange in exchanges:
        said = exchange.response.body.json() if exchange.response is not None else None
        if not isinstance(said, dict) or "connections" not in said:
            return not_shown(describe(exchange))
        if said["connections"]:
            asked = ", ".join(said.get("paths", [])) or "nothing that is HTTP"
            return broken(f"{said['connections']} connections came to {said.get('host')}:{said.get('port')}, which asked for {asked}")
    return held()


@expectation
def asked_in_http(exchanges: Sequence[Exchange], context: Context) -> Judgement:
    """None of these hosts, which speak plain http, was asked by TLS alone: of whoever insists on https nothing can be seen there."""
    for exchange in exchanges:
        said = exchange.response.body.json() if exchange.response is not None else None
        if not isinstance(said, dict) or "connections" not in said:
            return not_shown(describe(exchange))
        if said["connections"] and said["connections"] == said.get("tls"):
            place = f"{said.get('host')}:{said.get('port')}"
            return broken(f"all {said['connections']} connections to {place} were TLS, and it serves http only")
    return held()


@expectation
def refused_promptly(exchanges: Sequence[Exchange], context: Context, codes: Sequence[str], margin_ms: float) -> Judgement:
    """The first is a control that needs no other host. The others were refused for the right reason, in its time and this margin: who first
    tries to reach a host takes longer."""
    control, *others = exchanges
    judgement = refused(others, context, codes=codes)
    if judgement.outcome is not Outcome.HELD:
        return judgement
    slowest = max(others, key=lambda exchange: exchange.duration_ms)
    if slowest.duration_ms > control.duration_ms + margin_ms:
        return broken(f"refused only after {slowest.duration_ms:.0f} ms, as if the host had been tried: {describe(slowest)}")
    return held()
