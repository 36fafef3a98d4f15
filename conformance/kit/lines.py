"""Single lines to the broker: to one of its instances, byte by byte, or to a port beside it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ainp_harness.wire.binding import Rendered, render
from ainp_harness.wire.canonical import compact
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.raw import RawRequest
from conformance.kit.agents import Agent, Envelope
from conformance.kit.driver import DELIVERY_S
from conformance.kit.inboxes import LONG_POLL_MS, POLL_LIMIT, Inboxes
from conformance.kit.transport import Call


@dataclass
class Lines(Inboxes):
    """The part of a probe that chooses its connections."""

    @property
    def instances(self) -> tuple[str, ...]:
        """The base URL of each instance that can be reached by itself; where the target names none, the run's."""
        target = self.shared.plan.target
        return tuple(target.facts.get("base_urls") or (target.url,))

    def at(self, number: int, call: Call | None = None) -> Call:
        """The call to the n-th instance, counted round."""
        return replace(call or self.call_by(None), base_url=self.instances[number % len(self.instances)])

    async def send_to(self, number: int, envelope: Envelope, by: Agent) -> Exchange:
        """Send an intent to the n-th instance."""
        return await self.call("send_intent", {"envelope": envelope}, self.at(number, self.call_by(by)))

    async def poll_until_at(self, number: int, agent: Agent, identifier: str) -> Exchange:
        """Poll at the n-th instance until this message is there or a delivery has taken as long as it may; the last poll."""
        deadline = time.monotonic() + DELIVERY_S
        values = {"did": agent.did, "limit": POLL_LIMIT, "wait_ms": LONG_POLL_MS}
        while True:
            poll = await self.call("poll", values, self.at(number, self.proven(agent)))
            if self._named_in(poll, {identifier.lower()}) or time.monotonic() > deadline:
                return poll
            await self._before_looking_again()

    async def open_raw(self, envelope: Envelope, *, announced: int | None = None) -> RawRequest:
        """A connection for an intent that the caller sends byte by byte; `announced` is told as the length of its body."""
        rendered = render(self.shared.transport.binding.operations["send_intent"], {"envelope": envelope})
        length = str(len(rendered.body) if announced is None else announced)
        headers = {"content-type": "application/json", **rendered.headers, "content-length": length}
        call = replace(self.call_by(None), address=self.shared.transport.pacer.any_address)
        return await self.shared.transport.open_raw("send_intent", Rendered(rendered.method, rendered.target, headers, b""), call)

    async def close_raw(self, raw: RawRequest) -> Exchange:
        return await self.shared.transport.close_raw(raw, self.call_by(None))

    async def greet(self, port: int, hello: bytes) -> Exchange:
        """Knock at another port of the broker's host."""
        return await self.shared.transport.greet(port, hello, self.call_by(None))

    @staticmethod
    def bytes_of(envelope: Envelope) -> bytes:
        return compact(envelope)
