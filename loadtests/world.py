"""What all scenarios of a run share: the binding, the seeded agents and identities, the corpus and the ledger of deliveries. No I/O.

Identities and texts derive from the seed alone. Message ids derive from the seed and the run's id, so that a second run with the same
seed is no replay of the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ainp_harness.promises.corpus import Corpus, QueryMix
from ainp_harness.wire import messages
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.identity import Identity, derive, derived_uuid
from ainp_harness.wire.signing import Scheme
from loadtests.arrivals import Arrival
from loadtests.deliveries import Ledger

TIMEOUT_S = 5.0
INTENT_TIMEOUT_S = 10.0
"""Answers later than this are failures (targets.toml, common)."""

POLL_INTERVAL_S = 55.0
"""Presence lapses 60 s after a poll (docs/surface-v1.md)."""

PAYLOAD_VECTORS = 16
"""Distinct embeddings among the payloads of intents: brokers don't search by them."""


@dataclass
class World:
    """The fixed facts of a run."""

    seed: str
    run_id: str
    binding: Binding
    corpus: Corpus
    agent_count: int
    identity_count: int
    transport: str = "websocket"
    scheme: Scheme = Scheme.JCS_SHA256
    embedding_dim: int = 256
    ledger: Ledger = field(default_factory=Ledger)
    visits: Counter[int] = field(default_factory=Counter)
    """Visits under way to the mailbox of each agent."""

    @cached_property
    def agents(self) -> Sequence[Identity]:
        """The registered agents; agent i advertises capability i of the corpus, cyclically."""
        return [Identity.derived(self.seed, "load", "agent", number) for number in range(self.agent_count)]

    @cached_property
    def identities(self) -> Sequence[Identity]:
        """Senders of discovery. They are not registered."""
        return [Identity.derived(self.seed, "load", "identity", number) for number in range(self.identity_count)]

    @cached_property
    def seeded(self) -> Corpus:
        """The part of the corpus that the agents cover."""
        return self.corpus.first(max(1, self.agent_count))

    @cached_property
    def queries(self) -> QueryMix:
        return QueryMix(self.seeded, self.seed)

    @cached_property
    def _answering(self) -> Sequence[frozenset[str]]:
        count = len(self.seeded.capabilities)
        return [frozenset(agent.did for agent in self.agents[number::count]) for number in range(count)]

    def answering(self, capability: int) -> frozenset[str]:
        """The oracle: the agents that advertise a capability of the corpus."""
        return self._answering[capability]

    def capability_of(self, agent: int) -> dict[str, Any]:
        capability = self.seeded.capabilities[agent % len(self.seeded.capabilities)]
        return messages.capability(capability.text, capability.tags)

    def allowed_us(self, timeout_s: float = INTENT_TIMEOUT_S) -> int:
        """How long a delivery may take: one poll interval more when polling (targets.toml, agents.served)."""
        return int((timeout_s + (POLL_INTERVAL_S if self.transport == "polling" else 0)) * 1_000_000)

    def message_id(self, arrival: Arrival, purpose: str) -> str:
        return derived_uuid(self.seed, self.run_id, arrival.scenario, arrival.epoch, arrival.number, purpose)

    def envelope(self, msg_type: MsgType, arrival: Arrival, **members: Any) -> dict[str, Any]:
        """An unsigned envelope of an arrival; its timestamp is set when it is signed. All messages of an arrival have one trace."""
        stamp = messages.Stamp(self.message_id(arrival, msg_type), self.message_id(arrival, "trace"), 0)
        return messages.envelope(msg_type, stamp, **members)

    def note(self, arrival: Arrival) -> Mapping[str, Any]:
        """The payload of an intent."""
        text = f"Note {arrival.number} of {arrival.scenario}: please confirm that you can take this on."
        return messages.freeform_note(text, self._vectors[arrival.choose("vector", PAYLOAD_VECTORS)])

    @cached_property
    def _vectors(self) -> Sequence[Sequence[float]]:
        return [self._vector(number) for number in range(PAYLOAD_VECTORS)]

    def _vector(self, number: int) -> Sequence[float]:
        data = b"".join(derive(self.seed, "vector", number, block) for block in range(self.embedding_dim // 32 + 1))
        raw = [byte / 127.5 - 1 for byte in data[: self.embedding_dim]]
        length = sum(value * value for value in raw) ** 0.5 or 1.0
        return [value / length for value in raw]
