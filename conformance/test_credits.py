"""Credits: what is bid moves once, what is not there does not move, and nobody makes any. Conserved is what the probe's own agents have."""

from __future__ import annotations

import asyncio

from ainp_harness.wire import messages
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent, Envelope
from conformance.kit.money import account, once, pays_with
from conformance.kit.negotiations import proposal
from conformance.kit.probe import Probe, requirement

BID = 0.25
FUNDS = 2.0
"""What a payer needs: several bids, and something over."""

TOO_MUCH = 1e9

INSUFFICIENT = ["INSUFFICIENT_CREDITS"]


def bidding(bid: float) -> dict[str, float]:
    return {**messages.DEFAULT_QOS, "bid": bid}


async def _bid(probe: Probe, payer: Agent, payee: Agent, bid: float = BID) -> Envelope:
    """An intent with a bid, which the payee has got."""
    intent = payer.intent(payee, qos=bidding(bid))
    probe.control("accepted", await probe.send(intent, payer))
    polls = await probe.drain(payee, until=intent["id"])
    probe.control("arrived", *polls, ids=[intent["id"]], requirement="AINP-INT-002")
    return intent


async def _succeed(probe: Probe, payee: Agent, payer: Agent, intent: Envelope) -> Exchange:
    sent = await probe.send(payee.result(payer.did, intent), payee)
    probe.control("accepted", sent, requirement="AINP-INT-007")
    return sent


@requirement("AINP-CRD-001")
async def test_more_than_there_is_does_not_move(probe: Probe) -> None:
    """A bid over any balance: INSUFFICIENT_CREDITS when it is sent, or when it would have to be paid."""
    payer, payee = await probe.registered("payer", "bids too high"), await probe.registered("payee", "works for it")
    before = [await account(probe, one) for one in (payer, payee)]
    probe.claim("sound_accounts", *before)
    await _bid(probe, payer, payee, 0)
    intent = payer.intent(payee, qos=bidding(TOO_MUCH))
    sent = await probe.send(intent, payer)
    if probe.accepted(sent):
        await probe.drain(payee, until=intent["id"])
        sent = await probe.send(payee.result(payer.did, intent), payee)
    probe.claim("refused", sent, codes=INSUFFICIENT, strict=True)
    await _bid(probe, payer, payee, 0)
    after = [await account(probe, one) for one in (payer, payee)]
    probe.claim("sound_accounts", *after)
    for one, other in zip(before, after, strict=True):
        probe.claim("balances_stay", one, other)


@requirement("AINP-CRD-001", "AINP-CRD-002")
async def test_transfers_at_once_conserve_the_total(probe: Probe) -> None:
    """Two agents pay each other, everything at the same time and each RESULT twice: that is even in the end, but for one more bid."""
    one, other = [await pays_with(probe, name, FUNDS) for name in ("one", "other")]
    before = [await account(probe, agent) for agent in (one, other)]
    pairs = [(one, other), (other, one)] * 3
    intents = [await _bid(probe, payer, payee) for payer, payee in pairs]
    answers = [(payee, payee.result(payer.did, intent)) for (payer, payee), intent in zip(pairs, intents, strict=True) for _ in range(2)]
    await asyncio.gather(*(probe.send(answer, payee) for payee, answer in answers))
    last = await _bid(probe, one, other)
    await _succeed(probe, other, one, last)
    after = await once(probe, (one, other), before, "moved", amount=f"{BID}")
    probe.claim("sound_accounts", *before, *after, requirements=["AINP-CRD-001"])
    probe.claim("conserved", *before, *after, requirements=["AINP-CRD-001"])
    probe.claim("moved", *before, *after, amount=f"{BID}", requirements=["AINP-CRD-002"])


@requirement("AINP-CRD-002")
async def test_a_bid_moves_once_with_success(probe: Probe) -> None:
    """The same intent is answered twice; then another one is, and two bids have moved in all."""
    payer, payee = await pays_with(probe, "payer", FUNDS), await probe.registered("payee", "is paid")
    before = [await account(probe, one) for one in (payer, payee)]
    intent = await _bid(probe, payer, payee)
    await _succeed(probe, payee, payer, intent)
    first = await once(probe, (payer, payee), before, "moved", amount=f"{BID}")
    probe.claim("moved", *before, *first, amount=f"{BID}")
    probe.claim("accepted_or_refused", await probe.send(payee.result(payer.did, intent), payee))
    await _succeed(probe, payee, payer, await _bid(probe, payer, payee))
    second = await once(probe, (payer, payee), before, "moved", amount=f"{2 * BID}")
    probe.claim("moved", *before, *second, amount=f"{2 * BID}")


def _says(agent: Agent, to: Agent, negotiation: str, phase: str, number: int, price: float | None) -> Envelope:
    """A NEGOTIATE between two, of a price that is kept in escrow."""
    terms = {"escrow_required": True, "escrow_ref": f"escrow-{negotiation}"}
    said = None if price is None else proposal(price, terms=terms)
    payload = messages.negotiate_payload(negotiation, phase, number, proposal=said)
    return agent.sign(
        messages.envelope(
            MsgType.NEGOTIATE, agent.stamp(), from_did=agent.did, to_did=to.did, schema=messages.NEGOTIATE_SCHEMA, payload=payload
        )
    )


@requirement("AINP-CRD-003")
async def test_calling_it_off_returns_the_escrow(probe: Probe) -> None:
    """Offered, countered and accepted by the payer, so reserved; then aborted, where the broker takes that after an ACCEPT."""
    payer, payee = await pays_with(probe, "payer", FUNDS), await probe.registered("payee", "sells")
    before = await account(probe, payer)

    async def say(speaker: Agent, other: Agent, phase: str, number: int, price: float | None) -> Exchange:
        return await probe.send(_says(speaker, other, probe.token, phase, number, price), speaker, operation="negotiate")

    # The payer's offer is far from the counter (0.4), so that nothing is accepted by itself.
    for step in ((payer, payee, "OFFER", 1, 2.5 * BID), (payee, payer, "COUNTER", 2, BID), (payer, payee, "ACCEPT", 2, BID)):
        probe.control("accepted", await say(*step), requirement="AINP-CRD-003")
    # It is reserved once an account as before would have got it back.
    (between,) = await once(probe, (payer,), (before,), "returned", (before,), amount=f"{BID}")
    abort = await say(payee, payer, "ABORT", 2, None)
    (after,) = await once(probe, (payer,), (before, between), "returned", amount=f"{BID}")
    probe.claim("returned", before, between, after, abort, amount=f"{BID}")


@requirement("AINP-CRD-004")
async def test_registering_again_mints_nothing(probe: Probe) -> None:
    """ERRATUM-26: a fresh DID has nothing, or a starting balance; under either, the same DID gets nothing more."""
    agent = await probe.registered("agent", "comes again and again")
    told = [await account(probe, agent)]
    probe.control("sound_accounts", *told, requirement="AINP-CRD-001")
    for _ in range(2):
        await probe.unregister(agent)
        await probe.register(agent, [messages.capability(agent.description, ["conformance"])])
        told.append(await account(probe, agent))
    intent = agent.intent(agent, qos=bidding(0))
    await probe.send(intent, agent)
    await probe.send(agent.result(agent.did, intent), agent)
    told.append(await account(probe, agent))
    readings = {"administrators": {"expectation": "balances_stay", "at": "0"}, "starting-balance": {"expectation": "balances_stay"}}
    probe.claim("follows_reading", *told, erratum="ERRATUM-26", readings=readings)
