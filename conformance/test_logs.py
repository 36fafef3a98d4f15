"""The log: security events are in it, by whoever caused them, and no secret is."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent
from conformance.kit.mutations import adjusted
from conformance.kit.probe import Probe, requirement

AT_ONCE = 20
MOST_POLLS = 240
"""More than any limit of 100, and than the burst of 200 that the draft allows."""

EVENTS = {
    "a bad signature": r"signature|unauthori[sz]ed|not.?verif",
    "a replay": r"replay|duplicate",
    "a limit that was reached": r"limit|throttl|too.many",
    "reaching for somebody else's inbox": r"owner|forbidden|unauthori[sz]ed|denied|not.?allowed",
}
"""What each is called; how a line is written is the broker's own matter."""

other_text = adjusted("payload.semantics.body", lambda text: f"{text} and more", "other text, old signature")


@requirement("AINP-SEC-007")
async def test_security_events_are_logged(probe: Probe) -> None:
    """Each is provoked by an agent of its own, whose DID, or the id of its message, must stand in the line that tells of it."""
    forger, replayer, flooder, stranger = (probe.agent(name) for name in ("forger", "replayer", "flooder", "stranger"))
    bob = await probe.recipient()
    probe.mark_logs()
    forged = other_text(forger.intent(bob))
    probe.control("refused", await probe.send(forged, forger), requirement="AINP-SIG-002")
    message = replayer.intent(bob)
    probe.control("accepted", await probe.send(message, replayer))
    probe.control("refused", await probe.send(message, replayer), requirement="AINP-RPL-001")
    probe.control("refused", await _reach_for(probe, stranger, bob), requirement="AINP-QUE-004")
    limited = await _until_limited(probe, flooder)
    probe.control("refused", limited, statuses=[429], requirement="AINP-LIM-001")
    marks = dict(zip(EVENTS, ([forger.did, forged["id"]], [replayer.did, message["id"]], [flooder.did], [stranger.did]), strict=True))
    log = await probe.logs(until=[names[0] for names in marks.values()])
    for event, words in EVENTS.items():
        probe.claim("logged", log, event=event, words=words, marks=marks[event])
    probe.claim("no_secret_logged", log)


async def _reach_for(probe: Probe, stranger: Agent, owner: Agent) -> Exchange:
    """A poll of one's inbox with another's right proof; where a poll does not say whose, confirming a message of somebody else's."""
    if probe.takes("poll", "did"):
        return await probe.call("poll", {"did": owner.did, "limit": 1, "wait_ms": None}, probe.proven(stranger))
    mine = probe.delivery_ids(await probe.poll(owner))
    return await probe.call("confirm", {"did": owner.did, "delivery_ids": mine}, probe.proven(stranger))


async def _until_limited(probe: Probe, flooder: Agent) -> Exchange:
    """Polls of an agent's own inbox until one meets its limit; the last of them."""
    call = replace(probe.proven(flooder), expects_limit=True)
    values = {"did": flooder.did, "limit": 1, "wait_ms": None}
    for _ in range(MOST_POLLS // AT_ONCE):
        polls = await asyncio.gather(*(probe.call("poll", values, call) for _ in range(AT_ONCE)))
        if limited := next((poll for poll in polls if poll.response is not None and poll.response.status == 429), None):
            return limited
    return polls[-1]
