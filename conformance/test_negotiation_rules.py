"""The rules of a negotiation: what may not follow what, how many rounds there are, and what a refusal says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent
from conformance.kit.mutations import REMOVED, Mutation, ids, member
from conformance.kit.negotiations import FAR, NEAR, Negotiation, between_two, countered
from conformance.kit.probe import Probe, requirement

Wrong = Callable[[Negotiation, Agent, Agent], Awaitable[Exchange]]

OUT_OF_TURN: dict[str, Wrong] = {
    "a second OFFER": lambda n, alice, bob: n.say(alice, "OFFER", 1, FAR),
    "one's own proposal accepted": lambda n, alice, bob: n.say(bob, "ACCEPT", 2),
}
OUT_OF_ROUND: dict[str, Wrong] = {
    "an ACCEPT of a past round": lambda n, alice, bob: n.say(alice, "ACCEPT", 1),
    "an ACCEPT of a round to come": lambda n, alice, bob: n.say(alice, "ACCEPT", 3),
    "a COUNTER of this round": lambda n, alice, bob: n.say(alice, "COUNTER", 2, FAR),
    "a COUNTER that leaves out a round": lambda n, alice, bob: n.say(alice, "COUNTER", 4, FAR),
    "a REJECT of a past round": lambda n, alice, bob: n.say(alice, "REJECT", 1),
}


@requirement("AINP-NEG-003")
@pytest.mark.parametrize("wrong", [*OUT_OF_TURN, *OUT_OF_ROUND])
async def test_what_may_not_follow_a_counter(probe: Probe, wrong: str) -> None:
    """It is refused, and it has changed nothing: what may follow is accepted after it."""
    negotiation, alice, bob = await countered(probe)
    if wrong in OUT_OF_ROUND or wrong == "a second OFFER":  # a surface that names negotiations itself begins another by it
        negotiation.needs_envelopes(wrong)
    exchange = await {**OUT_OF_TURN, **OUT_OF_ROUND}[wrong](negotiation, alice, bob)
    probe.claim("refused", exchange)
    probe.claim("negotiation_is", await negotiation.read(alice), states=["open"], price=NEAR)
    probe.control("accepted", await negotiation.say(alice, "ACCEPT", 2))


@requirement("AINP-NEG-003")
@pytest.mark.parametrize("phase", ["COUNTER", "ACCEPT"])
async def test_nothing_comes_before_the_offer(probe: Probe, phase: str) -> None:
    negotiation, _, bob = await between_two(probe)
    negotiation.needs_envelopes("ids of negotiations that their parties choose")
    number, price = (2, NEAR) if phase == "COUNTER" else (1, None)
    probe.claim("refused", await negotiation.say(bob, phase, number, price))
    probe.control("accepted", await negotiation.offer(FAR))
    probe.control("accepted", await negotiation.say(bob, "COUNTER", 2, NEAR))


@requirement("AINP-NEG-003")
async def test_nothing_comes_after_the_accept(probe: Probe) -> None:
    negotiation, alice, bob = await countered(probe)
    probe.control("accepted", await negotiation.say(alice, "ACCEPT", 2))
    probe.claim("refused", await negotiation.say(alice, "COUNTER", 3, FAR))
    probe.claim("refused", await negotiation.say(bob, "COUNTER", 3, FAR))
    probe.claim("negotiation_is", await negotiation.read(bob), states=["accepted"], price=NEAR)


@requirement("AINP-NEG-005")
@pytest.mark.parametrize("most", [2, 3])
async def test_max_rounds_is_enforced_exactly(probe: Probe, most: int) -> None:
    """Round N is taken, round N + 1 is not, and the proposal of round N can still be accepted."""
    negotiation, alice, bob = await between_two(probe)
    probe.control("accepted", await negotiation.offer(FAR, constraints={"max_rounds": most}))
    for number in range(2, most + 1):
        probe.claim("accepted", await negotiation.say((alice, bob)[number % 2 == 0], "COUNTER", number, (FAR, NEAR)[number % 2 == 0]))
    turn = (alice, bob)[most % 2]
    probe.claim("refused", await negotiation.say(turn, "COUNTER", most + 1, 1), codes=["NEGOTIATION_FAILED"])
    probe.claim("accepted", await negotiation.say(turn, "ACCEPT", most))


@requirement("AINP-NEG-013")
async def test_ten_rounds_at_most(probe: Probe) -> None:
    """Eleven are asked for: that is refused, or the eleventh is."""
    negotiation, alice, bob = await between_two(probe)
    probe.control("accepted", await negotiation.offer(FAR))
    greedy = Negotiation(probe, alice, f"{negotiation.id}-11", other=bob)
    rounds = [await greedy.offer(FAR, constraints={"max_rounds": 11})]
    for number in range(2, 12):
        rounds.append(await greedy.say((alice, bob)[number % 2 == 0], "COUNTER", number, (FAR, NEAR)[number % 2 == 0]))
    probe.claim("accepted_at_most", *rounds, count=10)


@requirement("AINP-NEG-009")
async def test_an_unknown_id_is_404(probe: Probe) -> None:
    negotiation, alice, bob = await countered(probe)
    unknown = Negotiation(probe, alice, f"{negotiation.id[:-1]}{'1' if negotiation.id[-1] == '0' else '0'}", other=bob)
    for exchange in (await unknown.read(alice), await unknown.say(alice, "ACCEPT", 2), await unknown.say(alice, "COUNTER", 3, FAR)):
        probe.claim("refused", exchange, statuses=[404])
    probe.control("accepted", await negotiation.say(alice, "ACCEPT", 2))


MALFORMED = [
    member("payload.phase", "HAGGLE"),
    member("payload.phase", REMOVED),
    member("payload.round", "two"),
    member("payload.round", REMOVED),
    member("payload.negotiation_id", REMOVED),
    member("payload.negotiation_id", ""),
    member("payload.proposal", "cheap"),
    member("payload.proposal.price", "four"),
    member("payload", REMOVED),
]


@requirement("AINP-NEG-009")
@pytest.mark.parametrize("change", MALFORMED, ids=ids(MALFORMED))
async def test_a_malformed_payload_is_400(probe: Probe, change: Mutation) -> None:
    negotiation, _, bob = await between_two(probe)
    negotiation.needs_envelopes("payloads of a NEGOTIATE")
    probe.control("accepted", await negotiation.offer(FAR))
    refused = await negotiation.say(bob, "COUNTER", 2, NEAR, change=change)
    probe.claim("refused", refused, codes=["INVALID_ENVELOPE"], statuses=[400], strict=True)
    probe.control("accepted", await negotiation.say(bob, "COUNTER", 2, NEAR))


@requirement("AINP-NEG-009")
async def test_what_is_out_of_round_says_so(probe: Probe) -> None:
    negotiation, alice, _ = await countered(probe)
    negotiation.needs_envelopes("rounds of a negotiation")
    wrong = [await negotiation.say(alice, "ACCEPT", 1), await negotiation.say(alice, "COUNTER", 4, FAR)]
    probe.claim("refused", *wrong, codes=["NEGOTIATION_FAILED"], strict=True)
    probe.control("accepted", await negotiation.say(alice, "ACCEPT", 2))


@requirement("AINP-NEG-009")
async def test_what_has_ended_says_so(probe: Probe) -> None:
    negotiation, alice, _ = await countered(probe)
    probe.control("accepted", await negotiation.say(alice, "REJECT", 2))
    ended = [await negotiation.say(alice, "COUNTER", 3, FAR), await negotiation.say(alice, "ACCEPT", 2)]
    probe.claim("refused", *ended, codes=["NEGOTIATION_FAILED", "TIMEOUT"], strict=True)


@requirement("AINP-NEG-014")
async def test_an_escrow_is_referred_to(probe: Probe) -> None:
    """For nothing, so that nobody needs a balance."""
    negotiation, alice, bob = await between_two(probe)
    negotiation.needs_envelopes("terms of a negotiation")
    terms = {
        "escrow_required": True,
        "incentive_split": {"agent": 0.7, "broker": 0.1, "validator": 0.2},
        "window": "2026-03-02T09:00:00Z/2026-03-02T12:00:00Z",
        "evidence_required": ["photo"],
    }
    probe.claim("accepted", await negotiation.offer(FAR, terms=terms))
    probe.claim("accepted", await negotiation.say(bob, "COUNTER", 2, 0, terms=terms))
    without = await negotiation.say(alice, "ACCEPT", 2, 0, terms=terms)
    probe.claim("refused", without, codes=["ESCROW_REQUIRED"], strict=True)
    probe.claim("accepted", await negotiation.say(alice, "ACCEPT", 2, 0, terms={**terms, "escrow_ref": f"escrow {probe.token}"}))
