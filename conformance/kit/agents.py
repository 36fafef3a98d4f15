"""Agents of the suite: throw-away identities with what they can send, and how they read their inbox."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ainp_harness.wire import messages
from ainp_harness.wire.binding import Binding
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.identity import Identity, derived_uuid
from ainp_harness.wire.messages import Stamp
from ainp_harness.wire.payloads import AdvertisePayload, IntentPayload, advertised, text_intent
from ainp_harness.wire.signing import Scheme

Envelope = dict[str, Any]


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass(frozen=True)
class Payloads:
    """The shapes of payloads that a surface decides, as its binding names them."""

    intent: IntentPayload = IntentPayload.FREEFORM_NOTE
    advertise: AdvertisePayload = AdvertisePayload.CAPABILITIES

    @classmethod
    def of(cls, binding: Binding) -> Payloads:
        return cls(binding.intent_payload, binding.advertise_payload)


@dataclass
class Agent:
    """One disposable agent. Its messages are whole, valid and signed; ids derive from the seed, times are now."""

    identity: Identity
    seed: str
    name: str
    scheme: Scheme
    dim: int = 256
    description: str = ""
    credentials: tuple[str, ...] = ()
    """What it shows when it registers, where the broker takes nobody without."""
    payloads: Payloads = Payloads()
    clock: Callable[[], int] = now_ms
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def did(self) -> str:
        return self.identity.did

    def stamp(self) -> Stamp:
        number = next(self._numbers)
        return Stamp(
            derived_uuid(self.seed, self.name, self.did, number),
            derived_uuid(self.seed, "trace", self.name, self.did, number),
            self.clock(),
        )

    def sign(self, envelope: Mapping[str, Any], scheme: Scheme | None = None) -> Envelope:
        """A copy of the envelope with this agent's signature, whatever it says of its sender."""
        return self.identity.sign(dict(envelope), scheme or self.scheme)

    def unsigned_intent(self, to: str, text: str = "", **changes: Any) -> Envelope:
        stamp = self.stamp()
        schema, payload = text_intent(self.payloads.intent, text or f"note {stamp.id}", self.vector(), [to] if to else [])
        return messages.envelope(MsgType.INTENT, stamp, from_did=self.did, to_did=to, schema=schema, payload=payload, **changes)

    def intent(self, to: Agent | str, text: str = "", **changes: Any) -> Envelope:
        """A signed text to an agent or DID: a freeform note, or what the surface has in its place."""
        return self.sign(self.unsigned_intent(to.did if isinstance(to, Agent) else to, text, **changes))

    def full_intent(self, to: Agent, text: str = "", **changes: Any) -> Envelope:
        """A signed text that carries the optional members too: capabilities_ref and attestations."""
        envelope = self.unsigned_intent(to.did, text, **changes)
        envelope |= {"capabilities_ref": "https://agents.example/capabilities/1", "attestations": ["https://agents.example/attestations/1"]}
        return self.sign(envelope)

    def advertise(self, capabilities: Sequence[Mapping[str, Any]], *, ttl_ms: int = 600_000, did: str | None = None) -> Envelope:
        """A signed ADVERTISE, in the shape of the surface; with `did` it says that this is who is advertised."""
        return self.sign(
            messages.envelope(
                MsgType.ADVERTISE, self.stamp(), from_did=self.did, schema=messages.ADVERTISE_SCHEMA, ttl_ms=ttl_ms,
                payload=advertised(
                    self.payloads.advertise, did or self.did, capabilities, credentials=self.credentials, names=did is not None
                ),
            )
        )  # fmt: skip

    def discover(self, description: str, **query: Any) -> Envelope:
        """A signed DISCOVER."""
        return self.sign(
            messages.envelope(
                MsgType.DISCOVER,
                self.stamp(),
                from_did=self.did,
                schema=messages.DISCOVER_SCHEMA,
                to_query={"description": description, **query},
            )
        )

    def query_intent(self, description: str, **query: Any) -> Envelope:
        """A signed text to whoever matches."""
        envelope = {**self.unsigned_intent(""), "to_query": {"description": description, **query}}
        envelope.pop("to_did")
        return self.sign(envelope)

    def result(self, to: str, intent: Mapping[str, Any]) -> Envelope:
        """A signed RESULT of an intent, to its sender."""
        stamp = self.stamp()
        return self.sign(
            messages.envelope(
                MsgType.RESULT, Stamp(stamp.id, str(intent["trace_id"]), stamp.timestamp_ms), from_did=self.did, to_did=to,
                schema=messages.RESULT_SCHEMA, payload=messages.result_payload(str(intent["id"]), {"ok": True}),
            )
        )  # fmt: skip

    def vector(self) -> list[float]:
        """A unit vector for payloads that must carry an embedding."""
        return [1.0] + [0.0] * (self.dim - 1)
