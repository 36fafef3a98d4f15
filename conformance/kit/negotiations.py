"""Negotiations of the suite: the messages of one, sent by the operation that carries their phase, and how it is heard and read.

Where a surface has one operation a phase (binding, `phase`), no envelope is sent and no round: probes about those ask `by_envelope`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ainp_harness.judging.expectations.negotiation import negotiation_told, said_by_broker
from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.identity import derived_uuid
from ainp_harness.wire.messages import NEGOTIATE_SCHEMA, envelope, negotiate_payload
from ainp_harness.wire.proof import DID_HEADER
from conformance.kit.agents import Agent, Envelope
from conformance.kit.mutations import REMOVED, Mutation, member
from conformance.kit.probe import Probe

ROUND_MS = 1_500
"""How long a round of a group may take, where a probe wishes nothing else. A broker may count once all have voted, or at its end."""

SETTLED_S = ROUND_MS / 1000 + 1.0
LOOK_AGAIN_S = 0.25

HEARD_S = ROUND_MS / 1000 + 2.5
"""How long a message of the broker's own may take to arrive: it is made when a vote or a round's end is noticed."""

FAR, NEAR = 10, 4
"""Prices that do not converge (0.4): no broker accepts them by itself. Small, as a broker may reserve what is accepted."""


def proposal(price: float, **more: Any) -> dict[str, Any]:
    """A whole proposal of two (protocol.md, Negotiation)."""
    return {"price": price, "latency_ms": 500, "confidence": 0.9, "privacy": "public", "terms": {}, **more}


@dataclass
class Negotiation:
    """One negotiation: between the initiator and `other`, or of a group, whose OFFER names it."""

    probe: Probe
    initiator: Agent
    id: str
    other: Agent | None = None
    members: Sequence[Agent] = ()
    """Of a group: those who decide."""
    made: Mapping[str, Any] = field(default_factory=dict)
    """What the OFFER of a group says besides: mechanism, threshold."""

    @property
    def by_envelope(self) -> bool:
        """Whether messages are signed envelopes, with rounds, terms and time-outs in them."""
        return not self.probe.shared.transport.binding.phases

    @property
    def parties(self) -> list[str]:
        everybody = [self.initiator, *self.members] + ([self.other] if self.other else [])
        return list(dict.fromkeys(agent.did for agent in everybody))

    # -- saying

    async def offer(self, price: float = FAR, *, constraints: Mapping[str, Any] | None = None, **more: Any) -> Exchange:
        """The initiator's OFFER; the id is the one that the broker gives it, where it gives one. Rounds of a group are short, so that a
        broker that counts at their end is heard too."""
        if self.members:
            constraints = {"timeout_per_round_ms": ROUND_MS, **(constraints or {})}
        exchange = await self.say(self.initiator, "OFFER", 1, price, constraints=constraints, **more)
        told = self.probe.told(exchange, "negotiation_id")
        self.id = told if isinstance(told, str) and told else self.id
        return exchange

    async def say(
        self,
        agent: Agent,
        phase: str,
        number: int,
        price: float | None = None,
        *,
        constraints: Mapping[str, Any] | None = None,
        terms: Mapping[str, Any] | None = None,
        change: Mutation | None = None,
        signed_by: Agent | None = None,
        unsigned: bool = False,
    ) -> Exchange:
        """Send a message of this negotiation. `signed_by`: by another's key, in the agent's name; `unsigned`: by nobody's."""
        said = None if price is None else self._proposal(phase, price, terms)
        if self.by_envelope:
            sent = self.message(agent, phase, number, said, constraints)
            sent = agent.sign(change(sent)) if change is not None else sent
            sent = (signed_by or agent).sign(sent)
            return await self.probe.send(member("sig", REMOVED)(sent) if unsigned else sent, agent, operation="negotiate")
        operation = self.probe.shared.transport.binding.phases.get(phase)
        if operation is None:
            self.probe.leaves_out(f"the phase {phase}")
        values = {
            "negotiation_id": self.id,
            "intent_id": derived_uuid(self.probe.shared.plan.seed, "intent", self.id),
            "from_did": agent.did,
            "to_did": self.other.did if self.other else None,
            "proposal": None if price is None else {"price": price},
            "max_rounds": (constraints or {}).get("max_rounds"),
            "reason": "conformance",
        }
        call = self.probe.call_by(None) if unsigned else self.probe.proven(signed_by or agent)
        return await self.probe.call(operation, values, call)

    def message(
        self, agent: Agent, phase: str, number: int, said: Mapping[str, Any] | None = None, constraints: Mapping[str, Any] | None = None
    ) -> Envelope:
        """A NEGOTIATE, without a signature."""
        to = None
        if self.other is not None:
            to = self.other.did if agent is self.initiator else self.initiator.did
        payload = negotiate_payload(self.id, phase, number, proposal=said, constraints=constraints)
        return envelope(MsgType.NEGOTIATE, agent.stamp(), from_did=agent.did, to_did=to, schema=NEGOTIATE_SCHEMA, payload=payload)

    def needs_envelopes(self, what: str) -> None:
        """Leave the probe out where the surface does not carry what it is about."""
        if not self.by_envelope:
            self.probe.leaves_out(what)

    # -- reading and hearing

    async def read(self, agent: Agent, *, signed_by: Agent | None = None, unsigned: bool = False) -> Exchange:
        call = self.probe.call_by(None) if unsigned else self.probe.proven(agent)
        if signed_by is not None:
            call = self.probe.with_proof(call, in_anothers_name(agent, signed_by))
        return await self.probe.call("get_negotiation", {"negotiation_id": self.id, "did": agent.did}, call)

    async def settled(self, agent: Agent, *, after: int) -> Exchange:
        """Read until it has ended or gone beyond this round, for as long as a round takes and somewhat longer; the last reading."""
        deadline = time.monotonic() + SETTLED_S
        while True:
            exchange = await self.read(agent)
            state, number = (negotiation_told(exchange, self.probe.shared.context, name) for name in ("state", "round"))
            if state != "open" or (isinstance(number, int) and number > after) or time.monotonic() > deadline:
                return exchange
            await asyncio.sleep(LOOK_AGAIN_S)

    def round_in(self, reading: Exchange) -> int:
        """The round that a reading tells; 1 where it tells none."""
        number = negotiation_told(reading, self.probe.shared.context, "round")
        return number if isinstance(number, int) else 1

    async def hear(self, agent: Agent, *phases: str) -> list[Exchange]:
        """Empty an agent's inbox until the broker itself has said these; the polls."""
        polls: list[Exchange] = []
        missing, deadline = list(phases), time.monotonic() + HEARD_S
        while True:
            polls.append(await self.probe.poll(agent, wait_ms=500 if missing else None))
            await self.probe.confirm(agent, polls[-1:])
            said = said_by_broker(polls[-1:], self.probe.shared.context, self.id, self.parties)
            missing = [phase for phase in missing if phase not in {one.phase for one in said}]
            if not missing or time.monotonic() > deadline:
                return polls

    def _proposal(self, phase: str, price: float, terms: Mapping[str, Any] | None) -> dict[str, Any]:
        said = proposal(price, terms=dict(terms or {}))
        if self.members and phase == "OFFER":
            said |= {"participants": [agent.did for agent in self.members], **self.made}
        return said


def in_anothers_name(agent: Agent, signer: Agent) -> Callable[[Rendered, int], Mapping[str, str]]:
    """Proof headers that name one DID and are signed by another's key."""

    def prove(rendered: Rendered, now_ms: int) -> Mapping[str, str]:
        proof = signer.identity.prove(method=rendered.method, target=rendered.target, timestamp_ms=now_ms, body=rendered.body)
        return {**proof, DID_HEADER: agent.did}

    return prove


async def between_two(probe: Probe, *, id_text: str | None = None) -> tuple[Negotiation, Agent, Agent]:
    """A negotiation that alice, its initiator, has not begun yet, and bob, whom the broker knows."""
    alice, bob = probe.agent("alice"), await probe.registered("bob", "negotiates what it does")
    negotiation = Negotiation(probe, alice, id_text or derived_uuid(probe.shared.plan.seed, probe.id, alice.did), other=bob)
    if not negotiation.by_envelope:
        alice = negotiation.initiator = await probe.registered("alice", "negotiates what it needs")
    return negotiation, alice, bob


async def countered(probe: Probe, **constraints: Any) -> tuple[Negotiation, Agent, Agent]:
    """As between_two, with OFFER and COUNTER sent and accepted: round 2, and alice's turn."""
    negotiation, alice, bob = await between_two(probe)
    probe.control("accepted", await negotiation.offer(FAR, constraints=constraints or None))
    probe.control("accepted", await negotiation.say(bob, "COUNTER", 2, NEAR))
    return negotiation, alice, bob


async def members(probe: Probe, count: int) -> list[Agent]:
    """Agents of a group, known to the broker."""
    return [await probe.registered(f"member {n}", "decides together with others") for n in range(count)]


def in_a_group(probe: Probe, agents: Sequence[Agent], *, initiator: Agent | None = None, name: str = "", **made: Any) -> Negotiation:
    """A negotiation of a group, not begun yet; its first member offers, unless another does."""
    first = initiator or agents[0]
    made_id = derived_uuid(probe.shared.plan.seed, probe.id, str(probe.attempt), first.did, name)
    return Negotiation(probe, first, made_id, members=tuple(agents), made=made)
