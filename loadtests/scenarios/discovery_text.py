"""Discovery by text: a realistic mix of queries, and an oracle that knows who must be found.

Signed DISCOVER over many identities, so that no per-DID limit is reached and one remote address suffices; the unsigned text search where
the surface has no other.
"""

from __future__ import annotations

from ainp_harness.wire import messages
from ainp_harness.wire.envelope import MsgType
from loadtests.arrivals import Arrival
from loadtests.steps import Call, Scenario, Steps
from loadtests.world import TIMEOUT_S, World


class DiscoveryByText(Scenario):
    """One query; among the answers must be a seeded agent that advertises what was asked for."""

    name = "discovery-text"

    def __init__(self, world: World) -> None:
        self.world = world
        self.signed = world.binding.offers("discover")

    def steps(self, arrival: Arrival) -> Steps:
        query = self.world.queries.query(arrival.number + (arrival.epoch << 20))
        answer = yield self._call(arrival, query.text, query.query_class)
        found = answer.pick("dids")
        if answer.expect(isinstance(found, list), "no list of agents in the body") and self.world.agent_count:
            answer.expect(self.world.answering(query.answer).intersection(found), f"no seeded agent found for {query.text!r}")

    def _call(self, arrival: Arrival, text: str, query_class: str) -> Call:
        if not self.signed:
            return Call("discover_text", {"query": text}, timeout_s=TIMEOUT_S, query_class=query_class)
        # Number k belongs to identity k mod n: each asks equally often, whatever the draw.
        identity = self.world.identities[arrival.number % len(self.world.identities)]
        envelope = self.world.envelope(
            MsgType.DISCOVER, arrival, from_did=identity.did, schema=messages.DISCOVER_SCHEMA, to_query={"description": text}
        )
        return Call("discover", by=identity, envelope=envelope, timeout_s=TIMEOUT_S, query_class=query_class)
