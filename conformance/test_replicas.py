"""Several instances are one broker: what one has taken the others know, and whom one serves the others reach."""

from __future__ import annotations

import asyncio
import itertools

from conformance.kit.agents import Agent
from conformance.kit.bursts import minute_readings, over_the_limit, signed
from conformance.kit.driver import DELIVERY_S
from conformance.kit.probe import Probe, requirement
from conformance.kit.transport import Call

AT_ONCE = 12


@requirement("AINP-LIM-009")
async def test_the_limit_is_one_over_all_instances(probe: Probe) -> None:
    """Requests to all instances in turn meet one limit, whichever of the two it is (ERRATUM-05); and who has met it at one instance has met
    it at the others."""
    alice, to = probe.agent("alice"), await probe.registered("to", "hears from many")
    numbers = itertools.count()

    def round_about(call: Call) -> Call:
        return probe.at(next(numbers), call)

    exchanges = await over_the_limit(probe, alice, to, more=5, place=round_about)
    probe.claim("follows_reading", *exchanges, erratum="ERRATUM-05", readings=minute_readings(probe))
    bob = probe.agent("bob")
    probe.control("some_limited", *await over_the_limit(probe, bob, to), requirement="AINP-LIM-001")
    for number in range(1, len(probe.instances)):
        call = probe.at(number, signed(probe, bob, proof=None))
        probe.claim("still_limited_or_refused", await probe.call("send_intent", {"envelope": bob.intent(to)}, call))


@requirement("AINP-RPL-011")
async def test_what_one_instance_took_is_a_replay_at_the_others(probe: Probe) -> None:
    """One after another, and at the same time at all of them."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    first = alice.intent(bob)
    probe.control("accepted", await probe.send_to(0, first, alice))
    for number in range(1, len(probe.instances)):
        probe.claim("refused", await probe.send_to(number, first, alice), codes=["DUPLICATE_INTENT"])
        probe.control("accepted", await probe.send_to(number, alice.intent(bob), alice))
    message, after = alice.intent(bob), alice.intent(bob)
    probe.claim("one_accepted", *await asyncio.gather(*(probe.send_to(number, message, alice) for number in range(AT_ONCE))))
    probe.control("accepted", await probe.send_to(0, after, alice))
    polls = await probe.drain(bob, until=[message["id"], after["id"]])
    probe.claim("not_doubled", *polls, ids=[first["id"], message["id"]])
    probe.control("arrived", *polls, ids=[message["id"], after["id"]], requirement="AINP-INT-002")


@requirement("AINP-INT-013")
async def test_an_intent_reaches_an_agent_of_another_instance(probe: Probe) -> None:
    """From each instance to the next one: to an agent that polls there, and to one that listens there."""
    alice = probe.agent("alice")
    for number in range(len(probe.instances)):
        bob = await probe.registered(f"bob {number}", "polls at another instance")
        sent = alice.intent(bob)
        probe.control("accepted", await probe.send_to(number, sent, alice))
        probe.claim("received", await probe.poll_until_at(number + 1, bob, sent["id"]), ids=[sent["id"]])
        if probe.offers("websocket"):
            await _pushed(probe, number, alice)


async def _pushed(probe: Probe, number: int, alice: Agent) -> None:
    carol = await probe.registered(f"carol {number}", "listens at another instance")
    socket = await probe.open_websocket(carol, probe.at(number + 1, probe.proven(carol)))
    sent = alice.intent(carol)
    accepted = await probe.send_to(number, sent, alice)
    await socket.wait_for(1, timeout_s=DELIVERY_S)
    came = await probe.came_over(carol, socket)
    probe.control("opens", came[0])
    probe.control("accepted", accepted)
    probe.claim("received", *came, ids=[sent["id"]])
