"""Driving a broker: fresh agents, what they send, how they empty an inbox, and what the broker offers. States and judges nothing."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from ainp_harness.evidence.plan import Declared, Plan
from ainp_harness.judging.expectation import Context
from ainp_harness.judging.expectations.answers import was_accepted
from ainp_harness.judging.expectations.discovery import found_dids
from ainp_harness.promises.profiles import Constants
from ainp_harness.promises.shipped import Promises
from ainp_harness.wire import messages
from ainp_harness.wire.binding import Rendered, pick, render
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.identity import Identity, derive
from ainp_harness.wire.signing import Scheme
from conformance.kit.agents import Agent, Envelope, Payloads
from conformance.kit.reach import Reach
from conformance.kit.transport import Call, Transport, own_proof

DELIVERY_S = 10.0
"""How long a message may take from its acknowledgement to its recipient (docs/measuring.md: the time-out of intents)."""

SEEN_S = 2.0
"""How long a registration, or its replacement, may take to be seen (AINP-DSC-009)."""

LOOK_AGAIN_S = 0.2

CREDENTIAL = "https://issuer.example/credentials/1"

UNTOLD_DIM = 1536
"""Numbers of an embedding where the broker declares none: the draft's example."""

ROOM = 12
"""Requests that a probe of the usual pattern sends."""


class LeftOut(Exception):
    """The broker does not offer what the probe is about."""


@dataclass
class Shared:
    """What all probes of a run have in common."""

    plan: Plan
    transport: Transport
    promises: Promises
    """By which what is stated is judged live; the judge takes every profile of the plan."""
    first_message: Envelope | None = None
    """The canary's message, accepted before anything else was."""
    recipients: list[Agent] = field(default_factory=list)
    begun: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Probes with long waits, by id: they run beside the others from the beginning."""
    reach: Reach = field(default_factory=Reach)
    """What there is beside HTTP; empty where the target gives nothing."""

    @property
    def context(self) -> Context:
        return Context(self.transport.binding, self.promises.profile.judges, self.promises.conflicts)


@dataclass
class Driver(ABC):
    """One attempt of one probe, as far as it sends: who, by which operation, and what came back."""

    shared: Shared
    id: str
    requirements: tuple[str, ...] = ()
    attempt: int = 1
    _borrowed: list[Agent] = field(default_factory=list)
    _named: set[str] = field(default_factory=set)
    _asking: Agent | None = None

    # -- agents

    @property
    def scheme(self) -> Scheme:
        return Scheme(self.shared.plan.canary.scheme or Scheme.JCS_SHA256)

    def agent(self, name: str) -> Agent:
        """A fresh agent that the broker has never heard of. The same seed, probe, attempt and name give the same agent."""
        plan = self.shared.plan
        identity = Identity.derived(plan.seed, self.id, self.attempt, name)
        if name not in self._named:
            self._named.add(name)
            self.shared.transport.recorder.agent(self.id, self.attempt, name, identity.did)
        dim = int((plan.declared.embedding if plan.declared else {}).get("dim", UNTOLD_DIM))
        credentials = (CREDENTIAL,) if self.declares("credentials_required") else ()
        payloads = Payloads.of(self.shared.transport.binding)
        return Agent(identity, plan.seed, f"{self.id}#{self.attempt}", self.scheme, dim, payloads=payloads, credentials=credentials)

    async def registered(self, name: str, description: str | None = None, tags: Iterable[str] = ("conformance",)) -> Agent:
        """A fresh agent, registered with proof, as a control."""
        agent = self.agent(name)
        agent.description = description or f"conformance agent {name} of {self.id}"
        await self.register(agent, [messages.capability(agent.description, list(tags))])
        await self._shows_itself(agent)
        return agent

    async def _shows_itself(self, agent: Agent) -> None:
        """Where nothing is queued for who is away, poll once: then the agent is there, and can be sent to."""
        if not self.declares("queue") and self.offers("poll"):
            await self.call("poll", {"did": agent.did, "limit": 1}, self.proven(agent))

    async def unregister(self, *agents: Agent) -> None:
        """Take these out again, where the surface has it; nothing is stated of that."""
        if self.offers("unregister"):
            await asyncio.gather(*(self.call("unregister", {"did": agent.did}, self.proven(agent)) for agent in agents))

    async def register(self, agent: Agent, capabilities: list[dict[str, Any]]) -> Exchange:
        """Register, and state as a control that it was accepted."""
        exchange = await self.try_register(agent, capabilities)
        self.control("accepted", exchange)
        return exchange

    @abstractmethod
    def control(self, expectation: str, *exchanges: Exchange, requirement: str | None = None, **params: Any) -> None:
        """State what must hold for anything else to mean something."""

    async def try_register(
        self, agent: Agent, capabilities: Any, *, ttl_ms: Any = 600_000, call: Call | None = None, **values: Any
    ) -> Exchange:
        """Send a registration as it is; the answer may be anything."""
        members = {**self.registration(agent, capabilities), "ttl_ms": ttl_ms, **values}
        return await self.call("register", members, call or self.proven(agent))

    def registration(self, agent: Agent, capabilities: Any) -> dict[str, Any]:
        """The values of an agent's registration."""
        return {
            "did": agent.did,
            "public_key": agent.identity.public_key_base64,
            "capabilities": capabilities,
            "ttl_ms": 600_000,
            "credentials": list(agent.credentials) or None,
        }

    def body_of(self, operation: str, values: Mapping[str, Any]) -> bytes:
        """The body that an operation sends for these values."""
        return render(self.shared.transport.binding.operations[operation], values).body

    async def recipient(self) -> Agent:
        """A registered agent with an empty inbox, shared between probes that run one after another."""
        if not self.shared.recipients:
            fresh = await self.registered(f"recipient {len(self._borrowed)}", "a quiet recipient of conformance notes")
            self.shared.recipients.append(replace(fresh, name="recipient"))
        agent = self.shared.recipients.pop()
        if self.shared.transport.pacer.room_of(agent.did) < 30:
            return await self.recipient()
        await self._shows_itself(agent)  # again: it may have been quiet for longer than presence lasts
        self._borrowed.append(agent)
        return agent

    # -- sending

    def call_by(self, agent: Agent | None) -> Call:
        return Call(self.id, self.attempt, agent.identity if agent else None)

    def proven(self, agent: Agent) -> Call:
        return replace(self.call_by(agent), proof=own_proof(agent.identity))

    def with_proof(self, call: Call, proof: Callable[[Rendered, int], Mapping[str, str]]) -> Call:
        """The call with other proof headers, made as it is sent: the question of probes about proof."""
        return replace(call, proof=proof)

    def with_headers(self, headers: Mapping[str, str]) -> Call:
        """A call of nobody's, with these headers."""
        return replace(self.call_by(None), headers=headers)

    def unpaced(self) -> Call:
        """A call that is not held back: for operations outside the limits, where being limited is the question."""
        return replace(self.call_by(None), expects_limit=True)

    async def call(self, operation: str, values: Mapping[str, Any], call: Call | None = None) -> Exchange:
        """Send one operation and give the exchange, recorded. What the broker does not offer leaves the probe out."""
        if not self.offers(operation):
            self.leaves_out(operation)
        return await self.shared.transport.call(operation, values, call or self.call_by(None))

    async def send(self, envelope: Envelope, by: Agent | None = None, *, operation: str = "send_intent", **call: Any) -> Exchange:
        """Send an envelope by an operation that takes one."""
        return await self.call(operation, {"envelope": envelope}, replace(self.call_by(by), **call))

    async def search(
        self, query: str, *, operation: str = "discover_text", wanted: Iterable[str] = (), unwanted: Iterable[str] = (), **values: Any
    ) -> Exchange:
        """Discover again and again, for as long as a registration may take to be seen, until who is wanted is found and who is not isn't.

        The last answer. `discover` is asked by a signed DISCOVER, which of `values` takes tags and embedding alone.
        """
        wanted, unwanted = set(wanted), set(unwanted)
        deadline = time.monotonic() + SEEN_S
        while True:
            if operation == "discover":
                exchange = await self.discover(query, **{name: values[name] for name in ("tags", "embedding") if name in values})
            else:
                exchange = await self.call(operation, {"query": query, **values})
            found = set(found_dids(exchange, self.shared.context) or ())
            if (wanted <= found and not unwanted & found) or time.monotonic() > deadline:
                return exchange
            await asyncio.sleep(LOOK_AGAIN_S)

    async def discover(self, description: str, **query: Any) -> Exchange:
        """One signed DISCOVER, by an agent that may still ask."""
        if self._asking is None:
            self._asking = self.agent("asking")
        elif not self.shared.transport.pacer.may_discover(self._asking.did):
            self._asking = self.agent(f"asking after {self._asking.did}")
        return await self.send(self._asking.discover(description, **query), self._asking, operation="discover")

    def affords(self, wanted: int) -> int:
        """So many requests, or what the run's budget leaves, a few for what comes after them aside."""
        return self.shared.transport.affords(wanted + ROOM) - ROOM

    async def make_room(self, count: int = ROOM) -> None:
        """Wait now, before anything is stamped with a time, until so many requests can be sent without waiting."""
        await self.shared.transport.pacer.make_room(count)

    def id_of(self, sent: Exchange) -> str:
        """The id of the message that an exchange sent."""
        return str(sent.request.body.json()["id"])

    # -- beside the binding

    async def request(self, operation: str, rendered: Rendered) -> Exchange:
        """A request that is no operation of the binding: an unknown path, a preflight."""
        return await self.shared.transport.request(operation, rendered, self.call_by(None))

    async def over_plain_http(self, operation: str) -> Exchange:
        """The operation over http where the broker's URL is https."""
        rendered = render(self.shared.transport.binding.operations[operation], {})
        return await self.shared.transport.plain_http(operation, rendered, self.call_by(None))

    # -- what there is

    @property
    def constants(self) -> Constants:
        """The fixed waits and limits of the profile."""
        return self.shared.promises.profile.constants

    @property
    def token(self) -> str:
        """A word of this attempt's own, for texts that nothing else has."""
        return derive(self.shared.plan.seed, self.id, self.attempt, "token").hex()[:10]

    @property
    def cors_origin(self) -> str:
        """The origin that the target says the broker allows."""
        return str(self.shared.plan.target.facts["cors_origin"])

    def offers(self, operation: str) -> bool:
        return self.shared.transport.binding.offers(operation)

    def takes(self, operation: str, placeholder: str) -> bool:
        """Whether the binding's operation has a place for this value."""
        found = self.shared.transport.binding.operations[operation]
        return "{" + placeholder + "}" in f"{found.path}{found.body}"

    def declares(self, feature: str) -> bool:
        return feature in self.shared.plan.features

    def leaves_out(self, what: str) -> NoReturn:
        """Leave the probe out: the broker does not offer what it is about, and no requirement says that it must."""
        raise LeftOut(f"the broker does not offer {what}")

    def accepted(self, exchange: Exchange) -> bool:
        """Whether an exchange was accepted: for going on, not for judging."""
        return was_accepted(exchange, self.shared.context)

    def told(self, exchange: Exchange, name: str) -> Any:
        """A field of an answer, by the binding's name for it; None where it is not told."""
        body = exchange.response.body.json() if exchange.response is not None else None
        return pick(self.shared.transport.binding.operations[exchange.operation], name, body)

    @property
    def declared(self) -> Declared:
        """What the broker declares of itself; nothing, where it does not."""
        return self.shared.plan.declared or Declared(source="nothing")

    def retry_after_s(self, exchange: Exchange) -> float:
        """How long a 429 says to wait."""
        return self.shared.transport.retry_after_s(exchange)

    @property
    def own_address(self) -> bool:
        """Whether the broker is known to tell our addresses apart: then nobody else can have used up their budget."""
        return self.shared.plan.canary.addresses == "apart"

    async def fresh_address(self) -> str | None:
        """A source address whose budget is unused: one of its own, or, where there is only one, after a wait for its window."""
        return await self.shared.transport.pacer.fresh_address()

    def give_back(self) -> None:
        """Shared recipients are free for the next probe."""
        self.shared.recipients.extend(self._borrowed)
        self._borrowed.clear()
