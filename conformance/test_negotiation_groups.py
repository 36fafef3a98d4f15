"""Negotiations of groups: how they decide, what the broker says to whom, and how they end without consensus.

The vote tables are data: in each row the votes of the first round, and whether they are enough. `a` is who offers; it counts as accepting
its own OFFER where it is among the participants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent
from conformance.kit.negotiations import FAR, NEAR, ROUND_MS, Negotiation, in_a_group, members
from conformance.kit.probe import Probe, requirement
from conformance.kit.standing import answered, trust_after

OFFERED, VOTED = "AINP-NEG-017", "AINP-NEG-002"
"""The requirements that controls speak for: an OFFER to a group is taken, and so is each vote."""


FAILURES = 6

LEFT_MS = ROUND_MS - 500
"""What is left at least of a round whose beginning was seen by looking again and again."""


@dataclass(frozen=True)
class Ballot:
    """One row: who decides, who says what, and what comes of it."""

    name: str
    mechanism: str
    participants: str
    accept: str
    reject: str = ""
    counter: str = ""
    enough: bool = False
    threshold: float | None = None
    """In the constraints."""
    proposed: float | None = None
    """In the proposal."""


UNANIMOUS = (
    Ballot("all", "unanimous", "abc", accept="bc", enough=True),
    Ballot("all, and the offer is nobody's of them", "unanimous", "bcd", accept="bcd", enough=True),
    Ballot("one against", "unanimous", "abc", accept="b", reject="c"),
    Ballot("one against, at a low threshold", "unanimous", "abc", accept="b", reject="c", threshold=0.5),
    Ballot("one with a proposal of its own", "unanimous", "abc", accept="b", counter="c", threshold=0.5),
)

AGREED = (
    Ballot("2 of 3 at 0.5", "majority", "abc", accept="b", reject="c", threshold=0.5, enough=True),
    Ballot("2 of 3 at 0.5 in the proposal", "majority", "abc", accept="b", reject="c", proposed=0.5, enough=True),
    Ballot("2 of 3 at 0.5, which stands before the proposal's", "majority", "abc", accept="b", reject="c", threshold=0.5, proposed=0.9,
           enough=True),
    Ballot("2 of 3 at 0.5, without the offer", "majority", "bcd", accept="bc", reject="d", threshold=0.5, enough=True),
    Ballot("1 of 3 at 0.5", "majority", "abc", accept="", reject="bc", threshold=0.5),
    Ballot("1 of 3 at 0.3", "majority", "abc", accept="", reject="b", counter="c", threshold=0.3),
    Ballot("a tie at 0.5", "majority", "abcd", accept="b", reject="cd", threshold=0.5),
    Ballot("3 of 4 at 0.75", "majority", "abcd", accept="bc", reject="d", threshold=0.75, enough=True),
    Ballot("all, without a threshold", "majority", "abc", accept="bc", enough=True),
)  # fmt: skip
"""Majorities of which both readings of ERRATUM-11 say the same."""

TOLD_APART = (
    Ballot("2 of 3 at 0.75", "majority", "abc", accept="b", reject="c", threshold=0.75),
    Ballot("2 of 3 without a threshold", "majority", "abc", accept="b", reject="c"),
    Ballot("2 of 3 at 0.75 in the proposal", "majority", "abc", accept="b", reject="c", proposed=0.75),
    Ballot("2 of 3 at 0.75, which stands before the proposal's", "majority", "abc", accept="b", reject="c", threshold=0.75, proposed=0.5),
)
"""Majorities that are more than half, and under the threshold."""

WEIGHTED = (
    Ballot("all", "weighted", "abc", accept="bc", threshold=0.9),
    Ballot("1 of 3", "weighted", "abc", accept="", reject="bc", threshold=0.6),
    Ballot("2 of 3 at 0.55", "weighted", "abc", accept="b", reject="c", threshold=0.55),
)
"""Whether they are enough follows from the trust that get_agent tells. With the 0.5 that agents without history have, both readings of
ERRATUM-12 say the same."""

WEIGHTED_APART = Ballot("2 of 3 at 0.9", "weighted", "abc", accept="b", reject="c", threshold=0.9)

BY_TRUST = (
    Ballot("the less trusted against the other", "weighted", "bc", accept="b", reject="c"),
    Ballot("the more trusted against the other", "weighted", "bc", accept="c", reject="b"),
)
"""By heads each is half. At a threshold between that and what trust makes of it, the first is not enough and the second is."""

READINGS_OF_A_MAJORITY = {
    "both": {"expectation": "negotiation_is", "states": ["open"], "after_round": 1},
    "more-than-half": {"expectation": "negotiation_is", "states": ["accepted"]},
}


async def cast(probe: Probe, agents: Sequence[Agent], ballot: Ballot) -> Exchange:
    """Hold the vote of one row; how it stands afterwards."""
    called = dict(zip("abcd", agents, strict=False))
    made = {"voting_mechanism": ballot.mechanism}
    negotiation = in_a_group(
        probe,
        [called[letter] for letter in ballot.participants],
        initiator=called["a"],
        name=ballot.name,
        **(made if ballot.proposed is None else {**made, "convergence_threshold": ballot.proposed}),
    )
    constraints = None if ballot.threshold is None else {"convergence_threshold": ballot.threshold}
    offer = await negotiation.offer(FAR, constraints=constraints)
    probe.control("accepted", offer, requirement=OFFERED)
    for phase, letters in (("REJECT", ballot.reject), ("COUNTER", ballot.counter), ("ACCEPT", ballot.accept)):
        for letter in letters:
            vote = await negotiation.say(called[letter], phase, 1, NEAR if phase == "COUNTER" else None)
            # Once it is decided, a vote may come too late: what counts is what comes of them.
            probe.control("in_time", offer, vote, within_ms=ROUND_MS, expected="accepted_or_refused", requirement=VOTED)
    return await negotiation.settled(called["a"], after=1)


async def decide(probe: Probe, agents: Sequence[Agent], ballots: Sequence[Ballot]) -> None:
    for ballot in ballots:
        stands: dict[str, Any] = {"states": ["accepted"]} if ballot.enough else {"states": ["open"], "after_round": 1}
        probe.claim("negotiation_is", await cast(probe, agents, ballot), **stands)


@requirement("AINP-NEG-008")
async def test_unanimous_needs_everybody(probe: Probe) -> None:
    await decide(probe, await members(probe, 4), UNANIMOUS)


@requirement("AINP-NEG-008")
async def test_a_majority_is_more_than_half_and_reaches_the_threshold(probe: Probe) -> None:
    """The rows on which the readings of ERRATUM-11 agree first, then those that tell them apart."""
    agents = await members(probe, 4)
    await decide(probe, agents, AGREED)
    for ballot in TOLD_APART:
        stands = await cast(probe, agents, ballot)
        probe.claim("follows_reading", stands, erratum="ERRATUM-11", readings=READINGS_OF_A_MAJORITY)


@requirement("AINP-NEG-008")
async def test_an_initiator_accepts_its_own_offer_and_no_later_counter(probe: Probe) -> None:
    ann, ben, cat = await members(probe, 3)
    negotiation = in_a_group(probe, [ann, ben, cat], voting_mechanism="unanimous")
    offer = await negotiation.offer(FAR)
    probe.control("accepted", offer, requirement=OFFERED)
    # The one against comes last: with it a broker may see that there is no consensus any more.
    votes = [await negotiation.say(cat, "ACCEPT", 1), await negotiation.say(ben, "REJECT", 1)]
    probe.control("in_time", offer, *votes, within_ms=ROUND_MS, requirement=VOTED)
    begun = await negotiation.settled(ann, after=1)
    probe.control("negotiation_is", begun, states=["open"], in_round=2, requirement=OFFERED)
    votes = [await negotiation.say(ben, "ACCEPT", 2), await negotiation.say(cat, "ACCEPT", 2)]
    probe.control("in_time", begun, *votes, within_ms=LEFT_MS, requirement=VOTED)
    still = await negotiation.read(ann)
    own = await negotiation.say(ann, "ACCEPT", 2)
    probe.claim("in_time", begun, own, within_ms=LEFT_MS)
    probe.claim("negotiation_is", still, states=["open"], in_round=2)
    probe.claim("negotiation_is", await negotiation.settled(ann, after=2), states=["accepted"])


@requirement("AINP-NEG-018")
async def test_votes_are_weighed_by_trust(probe: Probe) -> None:
    """What the trust that get_agent tells makes of the votes; last the row that tells the readings of ERRATUM-12 apart."""
    agents = await members(probe, 3)
    told = [await probe.call("get_agent", {"did": agent.did}) for agent in agents]
    for ballot in (*WEIGHTED, WEIGHTED_APART):
        weigh(probe, agents, ballot, told, await cast(probe, agents, ballot))


@requirement("AINP-NEG-018")
async def test_the_more_trusted_weigh_more(probe: Probe) -> None:
    """One has failed at all that it was asked. Against another who has not, its vote is less than half of the two."""
    agents = _, failing, other = await members(probe, 3)
    before = await probe.call("get_agent", {"did": failing.did})
    probe.control("accepted", *await answered(probe, failing, ["failed"] * FAILURES), requirement="AINP-INT-007")
    told = [await trust_after(probe, failing, before), await probe.call("get_agent", {"did": other.did})]
    less, more = (probe.told(one, "trust") for one in told)
    whole = less + more if isinstance(less, int | float) and isinstance(more, int | float) else 0
    for ballot, share in zip(BY_TRUST, (less, more), strict=True):
        row = replace(ballot, threshold=round((0.5 + (share / whole if whole > 0 else 0.5)) / 2, 4))
        weigh(probe, agents, row, told, await cast(probe, agents, row), heads=0.5)


def weigh(probe: Probe, agents: Sequence[Agent], ballot: Ballot, told: Sequence[Exchange], stands: Exchange, **more: Any) -> None:
    """What came of a vote is what the trust told makes of it, in one of the readings."""
    called = dict(zip("abc", agents, strict=True))
    accepting = ("a" if "a" in ballot.participants else "") + ballot.accept
    weighed = {"accepting": [called[letter].did for letter in accepting], "threshold": ballot.threshold, "in_round": 1, **more}
    readings = {
        "normalised": {"expectation": "weighs_votes", **weighed},
        "plain-sum": {"expectation": "weighs_votes", "normalised": False, **weighed},
    }
    probe.claim("follows_reading", *told, stands, erratum="ERRATUM-12", readings=readings)


@requirement("AINP-NEG-002")
async def test_a_reject_in_a_group_is_a_vote(probe: Probe) -> None:
    """It does not end it: the other votes are taken, in this round or in the next where the broker has seen that this one is lost."""
    ann, ben, cat = await members(probe, 3)
    negotiation = in_a_group(probe, [ann, ben, cat], voting_mechanism="unanimous")
    negotiation.needs_envelopes("negotiations of groups")
    offer = await negotiation.offer(FAR)
    probe.control("accepted", offer, requirement=OFFERED)
    reject = await negotiation.say(ben, "REJECT", 1)
    probe.claim("in_time", offer, reject, within_ms=ROUND_MS)
    number = negotiation.round_in(await negotiation.read(ann))
    vote = await negotiation.say(cat, "ACCEPT", number)
    if not probe.accepted(vote) and (later := negotiation.round_in(await negotiation.read(ann))) > number:
        number, vote = later, await negotiation.say(cat, "ACCEPT", later)
    probe.claim("in_time", offer, vote, within_ms=ROUND_MS)
    stands = await negotiation.settled(ann, after=number)
    probe.claim("negotiation_is", stands, states=["open"])
    number = negotiation.round_in(stands)
    probe.claim("in_time", stands, await negotiation.say(cat, "ABORT", number), within_ms=LEFT_MS)
    probe.claim("negotiation_is", await negotiation.read(ann), states=["rejected", "aborted", "timed_out"])
    probe.claim("refused", await negotiation.say(ben, "ACCEPT", number))


@requirement("AINP-NEG-017", "AINP-SIG-011")
async def test_the_offer_reaches_all_and_so_does_the_consensus(probe: Probe) -> None:
    agents = _, ben, cat = await members(probe, 3)
    negotiation = in_a_group(probe, agents, voting_mechanism="unanimous")
    offer = await negotiation.offer(FAR)
    votes = [await negotiation.say(ben, "ACCEPT", 1), await negotiation.say(cat, "ACCEPT", 1)]
    probe.control("in_time", offer, *votes, within_ms=ROUND_MS, requirement=OFFERED)
    heard = await hear_all(probe, negotiation, agents, "ACCEPT")
    for agent in (ben, cat):
        probe.claim("delivered_as_sent", offer, *heard[agent.did], requirements=["AINP-NEG-017"])


@requirement("AINP-NEG-017", "AINP-SIG-011")
async def test_without_consensus_a_counter_made_of_the_proposals_goes_to_all(probe: Probe) -> None:
    """None of them stands for the price that was offered: the broker's lies between theirs. The first may be one that decides already."""
    ann, *agents = await members(probe, 4)
    negotiation = in_a_group(probe, agents, initiator=ann, voting_mechanism="unanimous")
    offer = await negotiation.offer(FAR)
    probe.control("accepted", offer, requirement=OFFERED)
    votes = [await negotiation.say(agent, "COUNTER", 1, price) for agent, price in zip(agents, (2, 3, 4), strict=True)]
    probe.control("in_time", offer, votes[0], within_ms=ROUND_MS, requirement=VOTED)
    probe.control("accepted_or_refused", *votes[1:], requirement=VOTED)
    await hear_all(probe, negotiation, agents, "COUNTER", low=2, high=4)


async def hear_all(
    probe: Probe, negotiation: Negotiation, agents: Sequence[Agent], phase: str, **price: float
) -> dict[str, list[Exchange]]:
    """Each of them hears the broker say this, signed by the DID that it tells; what each polled."""
    heard: dict[str, list[Exchange]] = {}
    declared = await probe.call("capabilities", {}) if probe.offers("capabilities") else None
    about = {"negotiation_id": negotiation.id, "parties": negotiation.parties}
    for agent in agents:
        polls = heard[agent.did] = await negotiation.hear(agent, phase)
        probe.claim("broker_says", *polls, phases=[phase], requirements=["AINP-NEG-017"], **about, **price)
        if declared is not None:
            probe.claim("broker_signs", declared, *polls, requirements=["AINP-SIG-011"], **about)
    return heard


@requirement("AINP-NEG-012")
async def test_a_group_without_consensus_ends_after_its_rounds(probe: Probe) -> None:
    ann, *agents = await members(probe, 3)
    negotiation = in_a_group(probe, agents, initiator=ann, voting_mechanism="majority")
    offer = await negotiation.offer(FAR, constraints={"max_rounds": 2})
    probe.control("accepted", offer, requirement=OFFERED)
    for number in (1, 2):
        # The first may decide already that there is no majority any more.
        votes = [await negotiation.say(agent, "REJECT", number) for agent in agents]
        if number == 1:
            probe.claim("in_time", offer, votes[0], within_ms=ROUND_MS)
        probe.claim("accepted_or_refused", *votes)
        await negotiation.settled(ann, after=number)
    await ends(probe, negotiation, agents, last=2)


@requirement("AINP-NEG-012")
async def test_a_group_without_consensus_ends_after_its_time(probe: Probe) -> None:
    """Nobody answers: after two rounds of 200 ms there is an end."""
    ann, *agents = await members(probe, 3)
    negotiation = in_a_group(probe, agents, initiator=ann, voting_mechanism="unanimous")
    probe.control("accepted", await negotiation.offer(FAR, constraints={"max_rounds": 2, "timeout_per_round_ms": 200}), requirement=OFFERED)
    await ends(probe, negotiation, agents, last=2)


async def ends(probe: Probe, negotiation: Negotiation, agents: Sequence[Agent], *, last: int) -> None:
    """Every participant hears ABORT, and nothing is accepted any more."""
    about = {"negotiation_id": negotiation.id, "parties": negotiation.parties}
    for agent in agents:
        probe.claim("broker_says", *await negotiation.hear(agent, "ABORT"), phases=["ABORT"], **about)
    probe.claim("negotiation_is", await negotiation.read(agents[0]), states=["aborted", "timed_out"])
    probe.claim("refused", await negotiation.say(agents[0], "ACCEPT", last))


@requirement("AINP-NEG-016")
async def test_a_large_group_gets_fewer_rounds(probe: Probe) -> None:
    """Of five about four: 20 / participants. A group of two gets ten, as two do."""
    agents = await members(probe, 5)
    large, small = in_a_group(probe, agents, name="five"), in_a_group(probe, agents[:2], name="two")
    probe.control("accepted", await large.offer(FAR), await small.offer(FAR), requirement=OFFERED)
    probe.claim("max_rounds_between", await large.read(agents[1]), low=3, high=5)
    probe.claim("max_rounds_between", await small.read(agents[1]), low=9, high=10)
