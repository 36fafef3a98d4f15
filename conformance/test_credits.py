"""Credits: what is bid moves once, what is not there does not move, and nobody makes any. Conserved is what the probe's own agents have."""

from __future__ import annotations

import asyncio

from ainp_harness.wire import messages
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent, Envelope
from conformance.kit.money import account, pays_with, settled
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
    probe.claim("refused", sent, codes=INSUFFICIENT)
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
    after = [await settled(probe, one, before[0]), await account(probe, other)]
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
    first = await settled(probe, payee, before[1])
    probe.claim("moved", *before, await account(probe, payer), first, amount=f"{BID}")
    probe.claim("accepted_or_refused", await probe.send(payee.result(payer.did, intent), payee))
    await _succeed(probe, payee, payer, await _bid(probe, payer, payee))
    second = await settled(probe, payee, first)
    probe.claim("moved", *before, await account(probe, payer), second, amount=f"{2 * BID}")


def _says(agent: Agent, to: Agent, negotiation: str, phase: str) -> Envelope:
    """A NEGOTIATE between two, round 1, of a price that is kept in escrow."""
    terms = {"escrow_required": True, "escrow_ref": f"escrow-{negotiation}"}
    payload = messages.negotiate_payload(negotiation, phase, 1, proposal={"price": BID, "terms": terms})
    return agent.sign(
        messages.envelope(
            MsgType.NEGOTIATE, agent.stamp(), from_did=agent.did, to_did=to.did, schema=messages.NEGOTIATE_SCHEMA, payload=payload
        )
    )


@requirement("AINP-CRD-003")
async def test_calling_it_off_returns_the_escrow(probe: Probe) -> None:
    """Offered and accepted, so reserved; then aborted."""
    payer, payee = await pays_with(probe, "payer", FUNDS), await probe.registered("payee", "sells")
    accounts = [await account(probe, payer)]
    for speaker, other, phase in ((payer, payee, "OFFER"), (payee, payer, "ACCEPT"), (payee, payer, "ABORT")):
        said = await probe.send(_says(speaker, other, probe.token, phase), speaker, operation="negotiate")
        probe.control("accepted", said, requirement="AINP-NEG-002")
        if phase != "OFFER":
            accounts.append(await settled(probe, payer, accounts[-1]))
    probe.claim("returned", *accounts, amount=f"{BID}")


@requirement("AINP-CRD-004")
async def test_registering_again_mints_nothing(probe: Probe) -> None:
    """ERRATUM-26: a fresh DID has nothing, or a starting balance; under either, the same DID gets nothing more."""
    agent = await probe.registered("agent", "comes again and again")
    told = [await account(probe, agent)]
    probe.control("sound_accounts", *told, requirement="AINP-CRD-001")
    for _ in range(2):
        if probe.offers("unregister"):
            await probe.call("unregister", {"did": agent.did}, probe.proven(agent))
        await probe.register(agent, [messages.capability(agent.description, ["conformance"])])
        told.append(await account(probe, agent))
    intent = agent.intent(agent, qos=bidding(0))
    await probe.send(intent, agent)
    await probe.send(agent.result(agent.did, intent), agent)
    told.append(await account(probe, agent))
    readings = {"administrators": {"expectation": "balances_stay", "at": "0"}, "starting-balance": {"expectation": "balances_stay"}}
    probe.claim("follows_reading", *told, erratum="ERRATUM-26", readings=readings)
