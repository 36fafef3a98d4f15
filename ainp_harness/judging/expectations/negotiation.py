"""Negotiations: how one stands, what the broker applied, how a group decided, and what the broker itself said to whom.

States are named as docs/surface-v1.md does; the words of a surface with other states are read as these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ainp_harness.judging.expectation import Context, Judgement, broken, describe, evaluate, expectation, held, not_shown
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.judging.expectations.delivery import deliveries_in
from ainp_harness.wire.binding import pick
from ainp_harness.wire.did import public_key_of
from ainp_harness.wire.envelope import parse_envelope
from ainp_harness.wire.errors import WireError
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.signing import verify

OTHER_WORDS = {"initiated": "open", "proposed": "open", "counter_proposed": "open", "expired": "timed_out"}
"""States of the surface servesys."""

CLOSE = 1e-6

TOO_CLOSE = 0.02
"""Shares of a vote that differ by less do not tell by which of them it was decided."""


def negotiation_told(exchange: Exchange, context: Context, name: str) -> Any:
    """What an answer tells of the negotiation by this name (binding, pick); None where it does not."""
    operation = context.binding.operations.get(exchange.operation)
    if operation is None or exchange.response is None:
        return None
    told = pick(operation, name, exchange.response.body.json())
    return OTHER_WORDS.get(told, told) if name == "state" and isinstance(told, str) else told


def _unread(exchanges: Sequence[Exchange], context: Context) -> Judgement | None:
    """What keeps these answers from telling anything."""
    for exchange in exchanges:
        if exchange.response is None or exchange.response.status == 429:
            return not_shown(describe(exchange))
        if not was_accepted(exchange, context):
            return broken(f"expected to be told how it stands: {describe(exchange)}")
    return None


@expectation
def negotiation_is(
    exchanges: Sequence[Exchange],
    context: Context,
    states: Sequence[str],
    in_round: int | None = None,
    after_round: int | None = None,
    price: float | None = None,
) -> Judgement:
    """Every answer tells one of these states, and this round (or a later one than that) and price of what was proposed last, where they are
    asked for."""
    if (unread := _unread(exchanges, context)) is not None:
        return unread
    for exchange in exchanges:
        state = negotiation_told(exchange, context, "state")
        if state is None:
            return not_shown(f"no state is told: {describe(exchange)}")
        if state not in states:
            return broken(f"the state is {state!r}, expected {' or '.join(states)}: {describe(exchange)}")
        told = negotiation_told(exchange, context, "round")
        if in_round is not None and told != in_round:
            return broken(f"the round is {told!r}, expected {in_round}: {describe(exchange)}")
        if after_round is not None and not (isinstance(told, int) and told > after_round):
            return broken(f"the round is {told!r}, expected one after {after_round}: {describe(exchange)}")
        final = negotiation_told(exchange, context, "final") or negotiation_told(exchange, context, "proposal")
        found = final.get("price") if isinstance(final, dict) else None
        if price is not None and found != price:
            return broken(f"the proposal's price is {found!r}, expected {price}: {describe(exchange)}")
    return held()


@expectation
def constraints_are(exchanges: Sequence[Exchange], context: Context, **expected: float) -> Judgement:
    """Every answer tells these constraints."""
    if (unread := _unread(exchanges, context)) is not None:
        return unread
    for exchange in exchanges:
        told = negotiation_told(exchange, context, "constraints")
        if not isinstance(told, dict):
            return not_shown(f"no constraints are told: {describe(exchange)}")
        for name, value in expected.items():
            if told.get(name) != value:
                return broken(f"{name} is {told.get(name)!r}, expected {value}: {describe(exchange)}")
    return held()


@expectation
def max_rounds_between(exchanges: Sequence[Exchange], context: Context, low: int, high: int) -> Judgement:
    """Every answer tells a max_rounds within these."""
    if (unread := _unread(exchanges, context)) is not None:
        return unread
    for exchange in exchanges:
        told = negotiation_told(exchange, context, "constraints")
        rounds = told.get("max_rounds") if isinstance(told, dict) else None
        if rounds is None:
            return not_shown(f"no max_rounds is told: {describe(exchange)}")
        if not low <= rounds <= high:
            return broken(f"max_rounds is {rounds}, expected {low} to {high}: {describe(exchange)}")
    return held()


@expectation
def convergence_is(exchanges: Sequence[Exchange], context: Context, value: float) -> Judgement:
    """Every answer that tells a convergence tells this one; at least one does."""
    if (unread := _unread(exchanges, context)) is not None:
        return unread
    told = [(exchange, found) for exchange in exchanges if (found := negotiation_told(exchange, context, "convergence")) is not None]
    for exchange, found in told:
        if not isinstance(found, int | float) or abs(found - value) > CLOSE:
            return broken(f"the convergence is {found!r}, expected {value}: {describe(exchange)}")
    return held() if told else not_shown("no convergence is told")


@expectation
def accepted_at_most(exchanges: Sequence[Exchange], context: Context, count: int) -> Judgement:
    """Of these, one after another, so many at most were accepted; the others were refused as a client's fault."""
    number = 0
    for exchange in exchanges:
        if exchange.response is None or exchange.response.status == 429:
            return not_shown(describe(exchange))
        if was_accepted(exchange, context):
            number += 1
        elif not 400 <= exchange.response.status < 500:
            return broken(f"neither accepted nor refused with 4xx: {describe(exchange)}")
    return held() if number <= count else broken(f"{number} were accepted, expected at most {count}: {describe(exchanges[-1])}")


@expectation
def in_time(exchanges: Sequence[Exchange], context: Context, within_ms: float, expected: str = "accepted", **params: Any) -> Judgement:
    """Of these, one after another: `expected` holds. Where the last was answered later than this after the first was sent, a round may have
    ended meanwhile, and nothing is shown: it may be our own lateness."""
    took_ms = exchanges[-1].started_ms + exchanges[-1].duration_ms - exchanges[0].started_ms
    if took_ms > within_ms:
        return not_shown(f"it took {took_ms:.0f} ms, and had to be over within {within_ms:g}")
    return evaluate(expected, exchanges, params, context)


@expectation
def weighs_votes(
    exchanges: Sequence[Exchange],
    context: Context,
    accepting: Sequence[str],
    threshold: float,
    in_round: int,
    normalised: bool = True,
    heads: float | None = None,
) -> Judgement:
    """The last answer tells what the trust of the agents told before it makes of their votes: accepted, or on to the next round.

    Args:
        accepting: DIDs of those who accepted; the others did not.
        normalised: the sum of trust × vote is divided by the sum of trust (ERRATUM-12).
        heads: the share of those who accepted by their number, where the question is whether trust is weighed at all.
    """
    *agents, last = exchanges
    if (unread := _unread(agents, context)) is not None:
        return not_shown(unread.message)
    trust: dict[str, float] = {}
    for exchange in agents:
        did, score = negotiation_told(exchange, context, "did"), negotiation_told(exchange, context, "trust")
        if not isinstance(did, str) or not isinstance(score, int | float):
            return not_shown(f"no trust is told: {describe(exchange)}")
        trust[did] = score
    weight = sum(trust[did] for did in accepting)
    whole = sum(trust.values())
    if not whole > 0:
        return not_shown("nobody is trusted at all, so there is nothing to weigh")
    if heads is not None and abs(weight / whole - heads) < TOO_CLOSE:
        return not_shown(f"the trust told makes {weight / whole:.3f} of the whole, and their number {heads:.3f}: too close to tell apart")
    share = weight / whole if normalised else weight
    if abs(share - threshold) < CLOSE:
        return not_shown(f"the trust told makes exactly the threshold ({share})")
    expected: dict[str, Any] = {"states": ["accepted"]} if share > threshold else {"states": ["open"], "after_round": in_round}
    return negotiation_is([last], context, **expected)


# -- what the broker itself says


@dataclass(frozen=True)
class Said:
    """A message of a negotiation that none of its parties sent."""

    id: str
    phase: Any
    round: Any
    envelope: dict[str, Any]
    proposal: Any


def said_by_broker(exchanges: Sequence[Exchange], context: Context, negotiation_id: str, parties: Sequence[str]) -> list[Said]:
    """What the broker itself said in a negotiation, as far as these polls or frames delivered it."""
    found = []
    for delivery in (one for exchange in exchanges for one in deliveries_in(exchange, context)):
        payload = (delivery.envelope or {}).get("payload")
        if delivery.envelope is None or not isinstance(payload, dict) or payload.get("negotiation_id") != negotiation_id:
            continue
        if delivery.envelope.get("from_did") not in parties:
            found.append(Said(delivery.id, payload.get("phase"), payload.get("round"), delivery.envelope, payload.get("proposal")))
    return found


@expectation
def broker_says(
    exchanges: Sequence[Exchange],
    context: Context,
    negotiation_id: str,
    parties: Sequence[str],
    phases: Sequence[str],
    low: float | None = None,
    high: float | None = None,
) -> Judgement:
    """The broker's own messages of these phases arrived, each once a round; with a price from `low` to `high` where that is asked."""
    found = said_by_broker(exchanges, context, negotiation_id, parties)
    for phase in phases:
        said = {one.id: one for one in found if one.phase == phase}
        if not said:
            others = ", ".join(sorted({str(one.phase) for one in found})) or "nothing"
            return broken(f"no {phase} of the broker's arrived; it said {others}")
        if len(said) > len({str(one.round) for one in said.values()}):
            return broken(f"{len(said)} messages {phase} of the broker's arrived, expected one a round")
        if low is None or high is None:
            continue
        for proposal in (one.proposal for one in said.values()):
            price = proposal.get("price") if isinstance(proposal, dict) else None
            if not isinstance(price, int | float) or not low <= price <= high:
                return broken(f"the {phase} proposes the price {price!r}, expected {low} to {high}: it is made from the proposals")
    return held()


@expectation
def broker_signs(exchanges: Sequence[Exchange], context: Context, negotiation_id: str, parties: Sequence[str]) -> Judgement:
    """What the broker itself said in the other exchanges is whole envelopes, signed by the DID that the first, capabilities, tells."""
    capabilities, *polls = exchanges
    did = negotiation_told(capabilities, context, "did")
    if not isinstance(did, str):
        return not_shown(f"the broker does not tell its DID: {describe(capabilities)}")
    found = said_by_broker(polls, context, negotiation_id, parties)
    for said in found:
        if said.envelope.get("from_did") != did:
            return broken(f"a {said.phase} came from {said.envelope.get('from_did')!r}, the broker's DID is {did}")
        try:
            verify(said.envelope, public_key_of(did))
            parse_envelope(said.envelope)
        except WireError as error:
            return broken(f"a {said.phase} of the broker's is no whole message signed by its DID: {error}")
    return held() if found else not_shown("nothing of the broker's own arrived")
