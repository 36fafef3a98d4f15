"""Absent agents: what waits for them, for how long, how much of it, and how it comes when they are back. Areas queue and time."""

from __future__ import annotations

import asyncio

import pytest

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent, Envelope
from conformance.kit.mutations import Mutation, adjusted, member
from conformance.kit.probe import Probe, requirement

HOUR_MS = 3_600_000
BACKLOG = 30
LOOK_S = 1.3
AT_ONCE_AT_MOST = 20
"""About 10 a second is asked for (RFC-001); a first handful at once is no flood."""

MOST_TO_FILL = 400
"""A queue of more than so many messages is not filled by a probe."""

EACH_SENDS = 80


@requirement("AINP-QUE-001")
async def test_messages_wait_for_an_absent_agent(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "stays away for a while")
    sent = [await probe.send(alice.intent(bob), alice) for _ in range(3)]
    probe.claim("accepted", *sent)
    polls = await probe.drain(bob, until=[probe.id_of(one) for one in sent])
    probe.claim("received", *polls, ids=[probe.id_of(one) for one in sent])
    for one in sent:
        probe.claim("delivered_as_sent", one, *polls)


@requirement("AINP-QUE-006")
async def test_a_returning_agent_is_not_flooded(probe: Probe) -> None:
    """None of these is urgent. They are many more than a second's worth, and few enough to come within the three of their ttl."""
    alice, bob = probe.agent("alice"), await probe.registered("bob", "comes back to a full inbox")
    sent = await asyncio.gather(*(probe.send(alice.intent(bob), alice) for _ in range(BACKLOG)))
    probe.control("accepted", *sent)
    socket = await probe.open_websocket(bob)
    await socket.wait_for(BACKLOG, timeout_s=LOOK_S)
    closed = await probe.close_websocket(socket)
    probe.control("opens", closed)
    probe.claim("comes_slowly", closed, at_most=AT_ONCE_AT_MOST, in_s=1.0)


async def _fill(probe: Probe, bob: Agent, count: int) -> list[Exchange]:
    senders = [probe.agent(f"sender {n}") for n in range(-(-count // EACH_SENDS))]
    return await asyncio.gather(*(probe.send(senders[n // EACH_SENDS].intent(bob), senders[n // EACH_SENDS]) for n in range(count)))


@pytest.mark.depth("standard")
@requirement("AINP-QUE-005")
async def test_a_full_queue_is_told(probe: Probe) -> None:
    """By several senders; once bob has made room, messages are taken again."""
    bound = int(probe.declared.limits.get("queue_per_agent", 0))
    if not 0 < bound <= MOST_TO_FILL:
        probe.leaves_out(f"a queue that a probe can fill: it declares {bound or 'no'} messages an agent, {MOST_TO_FILL} are the most")
    bob = await probe.registered("bob", "is long away")
    probe.claim("fills_up", *await _fill(probe, bob, bound + 5), at_most=bound)
    await probe.confirm(bob, [await probe.poll(bob)])
    alice = probe.agent("alice")
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


def _short(sender: Agent, recipient: Agent) -> Envelope:
    return sender.intent(recipient, ttl_ms=4_000)


NOT_QUEUED: dict[str, tuple[Mutation, object]] = {
    "no_queue in its metadata": (member("payload.metadata", {"no_queue": True}), Agent.intent),
    "ttl under 5 s with high urgency": (member("qos.urgency", 0.9), _short),
}


@requirement("AINP-QUE-008")
@pytest.mark.parametrize("name", NOT_QUEUED)
async def test_what_is_worth_nothing_later_is_not_queued(probe: Probe, name: str) -> None:
    change, make = NOT_QUEUED[name]
    bob = await probe.registered("bob", "is away")
    await probe.shows_refusal(change, codes=["AGENT_OFFLINE"], recipient=bob, make=make)  # type: ignore[arg-type]


@pytest.mark.depth("standard")
@pytest.mark.long_wait
@requirement("AINP-TTL-005")
async def test_what_has_expired_is_not_delivered(probe: Probe) -> None:
    """ttl 2 s; and ttl 1 h of which 2 s are left (ERRATUM-19: counted from the timestamp, or from the queueing). A third one lives on."""
    alice, bob = probe.agent("alice"), await probe.registered("bob", "comes back too late")
    margin_s = probe.constants.replay_margin_s
    short, lasting = alice.intent(bob, ttl_ms=2_000), alice.intent(bob, ttl_ms=HOUR_MS)
    earlier = adjusted("timestamp", lambda value: value - HOUR_MS + 2_000, "2 s left of an hour")
    old = alice.sign(earlier(alice.intent(bob, ttl_ms=HOUR_MS)))
    sent = [await probe.send(message, alice) for message in (short, lasting, old)]
    probe.control("accepted", *sent[:2])
    await asyncio.sleep(2 + margin_s + 1.5)
    polls = await probe.drain(bob, until=lasting["id"])
    probe.claim("not_received", *polls, ids=[short["id"]], after=lasting["id"])
    if probe.accepted(sent[2]):
        readings = {
            "timestamp": {"expectation": "not_received", "ids": [old["id"]], "after": lasting["id"]},
            "queued-at": {"expectation": "arrived", "ids": [old["id"]]},
        }
        probe.claim("follows_reading", *polls, erratum="ERRATUM-19", readings=readings)
