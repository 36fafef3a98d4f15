"""What a discovery tells of each agent it finds: order, scores, filters kept, vectors kept apart, and the DISCOVER_RESULT as a message."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import refused, was_accepted
from ainp_harness.judging.expectations.discovery import found_dids
from ainp_harness.wire.binding import pick, pick_path
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.envelope import MsgType, parse_envelope
from ainp_harness.wire.errors import WireError
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.signing import verify

ALIKE = 0.9
"""From this similarity on two vectors were compared as if they were of one kind."""


def matches_in(exchange: Exchange, context: Context, *names: str) -> list[dict[str, Any]] | None:
    """Each agent found with these fields of it (the binding's `pick`), None for what is not told; None where there is no list at all."""
    operation = context.binding.operations.get(exchange.operation)
    if operation is None or exchange.response is None or not was_accepted(exchange, context):
        return None
    body = exchange.response.body.json()
    place, _, _ = operation.pick.get("dids", "").rpartition("[]")
    found = pick_path(place + "[]", body)
    if not isinstance(found, list):
        return None
    paths = {name: operation.pick[name] for name in ("did", *names) if name in operation.pick}
    paths["did"] = operation.pick["dids"]
    inner = {name: path.removeprefix(place + "[]").removeprefix(".") for name, path in paths.items()}
    return [{name: pick_path(inner[name], one) if name in inner else None for name in ("did", *names)} for one in found]


@expectation
def ranks(exchanges: Sequence[Exchange], context: Context, at_least: int = 2) -> Judgement:
    """Every answer lists so many agents or more, each with similarity and trust, and similarities never rise."""
    for exchange in exchanges:
        matches = matches_in(exchange, context, "similarity", "trust")
        if matches is None:
            return broken(f"expected a list of agents: {describe(exchange)}")
        if len(matches) < at_least:
            return not_shown(f"{len(matches)} agents are too few to see an order: {describe(exchange)}")
        for match in matches:
            if wrong := [name for name in ("similarity", "trust") if not _is_number(match[name])]:
                return broken(f"{wrong[0]} of {match['did']} is {match[wrong[0]]!r}, expected a number")
        for better, worse in itertools.pairwise(matches):
            if worse["similarity"] > better["similarity"] + 1e-9:
                return broken(f"{worse['did']} with {worse['similarity']} ranks behind {better['did']} with {better['similarity']}")
    return held()


@expectation
def filters_by_tags(
    exchanges: Sequence[Exchange], context: Context, both: str, one: Sequence[str], none: Sequence[str], tags: str | None = None
) -> Judgement:
    """An answer for two tags has the agent with both, none without either, and those with one of them as the broker declares.

    Args:
        tags: "all" or "any", as declared; None where nothing is: then either will do, for all of them alike.
    """
    for exchange in exchanges:
        dids = found_dids(exchange, context)
        if dids is None:
            return broken(f"expected a list of agents: {describe(exchange)}")
        if both not in dids:
            return broken(f"{both}, which has both tags, is not found")
        if wrong := [did for did in none if did in dids]:
            return broken(f"{wrong[0]} is found, which has neither tag")
        there = [did for did in one if did in dids]
        if there and tags == "all":
            return broken(f"{there[0]} is found with one of two tags; the broker declares that all are needed")
        if len(there) < len(one) and (tags == "any" or there):
            return broken(f"{len(there)} of {len(one)} agents with one of two tags are found, declared is {tags or 'nothing'}")
    return held()


@expectation
def refused_or_finds_none_of(exchanges: Sequence[Exchange], context: Context, dids: Sequence[str]) -> Judgement:
    """Every query was refused as a client's fault, or answered without these agents: it was not overlooked."""
    for exchange in exchanges:
        found = found_dids(exchange, context)
        if found is None:
            judgement = refused([exchange], context)
            if judgement.outcome != "held":
                return judgement
        elif wrong := [did for did in dids if did in found]:
            return broken(f"{wrong[0]} is found, expected that it is not, or a refusal")
    return held()


@expectation
def kept_apart(exchanges: Sequence[Exchange], context: Context, did: str) -> Judgement:
    """The first, which brings a vector of another kind, was refused as a client's fault; or else the last, a query, does not find this
    agent by it: a similarity of 0.9 and more would be that of vectors mixed up."""
    first, last = exchanges[0], exchanges[-1]
    if not was_accepted(first, context):
        return refused([first], context)
    matches = matches_in(last, context, "similarity")
    if matches is None:
        return broken(f"expected a list of agents: {describe(last)}")
    found = next((match for match in matches if match["did"] == did), None)
    if found is None:
        return held("kept apart")
    if not _is_number(found["similarity"]):
        return not_shown(f"how similar {did} is, is not told: {describe(last)}")
    if found["similarity"] >= ALIKE:
        return broken(f"{did} is found with {found['similarity']}, by a vector of another kind")
    return held("kept apart")


@expectation
def trusts_alike(exchanges: Sequence[Exchange], context: Context, dids: Sequence[str]) -> Judgement:
    """Every answer that tells the trust of two or more of these agents tells the same of all of them."""
    for exchange in exchanges:
        matches = matches_in(exchange, context, "trust")
        if matches is None:
            return not_shown(f"expected a list of agents: {describe(exchange)}")
        told = {match["did"]: match["trust"] for match in matches if match["did"] in dids}
        if len(told) < len(dids):
            return not_shown(f"{len(told)} of {len(dids)} agents are found: {describe(exchange)}")
        if len({str(trust) for trust in told.values()}) > 1:
            return broken(f"the trust told is {' and '.join(map(str, told.values()))}, expected the same")
    return held()


@expectation
def flagged_or_behind(exchanges: Sequence[Exchange], context: Context, did: str, ahead: str) -> Judgement:
    """Every answer has one agent, and the other not at all, behind it, or with a flag."""
    for exchange in exchanges:
        matches = matches_in(exchange, context, "flags")
        if matches is None or ahead not in (dids := [match["did"] for match in matches]):
            return not_shown(f"expected a list with {ahead}: {describe(exchange)}")
        if did in dids and dids.index(did) < dids.index(ahead) and not matches[dids.index(did)]["flags"]:
            return broken(f"{did} ranks ahead of {ahead}, without a flag")
    return held()


@expectation
def discover_result(exchanges: Sequence[Exchange], context: Context, at_least: int = 1) -> Judgement:
    """Every answer is a DISCOVER_RESULT whose matches, so many or more, tell did, score, trust and estLatencyMs."""
    for exchange in exchanges:
        matches = matches_in(exchange, context, "similarity", "trust", "latency_ms")
        if matches is None:
            return broken(f"expected a list of matches: {describe(exchange)}")
        if (kind := (_envelope(exchange, context) or {}).get("msg_type")) != MsgType.DISCOVER_RESULT:
            return broken(f"msg_type is {kind!r}, expected 'DISCOVER_RESULT': {describe(exchange)}")
        if len(matches) < at_least:
            return broken(f"{len(matches)} matches, expected at least {at_least}")
        for match in matches:
            if not isinstance(match["did"], str):
                return broken(f"a match names no DID: {describe(exchange)}")
            if wrong := [name for name in ("similarity", "trust", "latency_ms") if not _is_number(match[name])]:
                return broken(f"{wrong[0]} of {match['did']} is {match[wrong[0]]!r}, expected a number")
    return held()


@expectation
def signed_by_broker(exchanges: Sequence[Exchange], context: Context, did: str | None) -> Judgement:
    """Every answer is a whole envelope of this DID, signed by its key, in the trace of the message that it answers."""
    if did is None:
        return broken("the broker publishes no DID of its own")
    for exchange in exchanges:
        if exchange.response is None or not was_accepted(exchange, context):
            return not_shown(f"not accepted: {describe(exchange)}")
        envelope, sent = _envelope(exchange, context), exchange.request.body.json()
        if envelope is None:
            return broken(f"the answer is no message: {describe(exchange)}")
        if exchange.response.body.truncated or not isinstance(sent, dict):
            return not_shown("the message is no longer whole in the evidence")
        try:
            parse_envelope(envelope)
            if envelope["from_did"] != did:
                return broken(f"from_did is {envelope['from_did']}, the broker publishes {did}")
            verify(envelope, public_key_of(did))
        except WireError as error:
            return broken(f"no whole, signed message: {error}")
        if envelope["trace_id"] != sent.get("trace_id"):
            return broken(f"trace_id is {envelope['trace_id']!r}, that of the message it answers was {sent.get('trace_id')!r}")
    return held()


def _envelope(exchange: Exchange, context: Context) -> dict[str, Any] | None:
    """The message in an answer: where the binding says, or else the answer itself."""
    operation = context.binding.operations[exchange.operation]
    body = exchange.response.body.json() if exchange.response is not None else None
    found = pick(operation, "envelope", body) if "envelope" in operation.pick else body
    return found if isinstance(found, dict) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
