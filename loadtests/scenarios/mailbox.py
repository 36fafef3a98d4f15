"""Mailbox: agents take turns to poll, every 55 s each at the phase load's rate, and confirm what they got.

Confirming is a request of its own, due when the poll was answered; an empty mailbox needs none.
"""

from __future__ import annotations

from loadtests.arrivals import Arrival
from loadtests.steps import Call, Scenario, Steps
from loadtests.world import TIMEOUT_S, World

LIMIT = 50
"""Messages a poll asks for: the surface's default (docs/surface-v1.md)."""


class Mailbox(Scenario):
    """Agent k mod n polls at arrival k."""

    name = "mailbox"

    def __init__(self, world: World) -> None:
        self.world = world

    def steps(self, arrival: Arrival) -> Steps:
        yield from self.visit(arrival.number % len(self.world.agents))

    def visit(self, number: int) -> Steps:
        """Poll the mailbox of an agent, tell the ledger, and confirm."""
        self.world.visits[number] += 1
        try:
            yield from self._visit(number)
        finally:
            self.world.visits[number] -= 1

    def _visit(self, number: int) -> Steps:
        agent, ledger = self.world.agents[number], self.world.ledger
        answer = yield Call("poll", {"did": agent.did, "limit": LIMIT}, by=agent, timeout_s=TIMEOUT_S)
        deliveries, ids = answer.pick("delivery_ids"), message_ids(answer.pick("envelopes"), answer.pick("ids"))
        if not answer.expect(isinstance(deliveries, list) and len(deliveries) == len(ids), "no list of messages in the body"):
            return
        handed = [(message_id, str(delivery_id)) for message_id, delivery_id in zip(ids, deliveries, strict=True)]
        for message_id, delivery_id in handed:
            ledger.received(message_id, agent.did, answer.done_us, delivery_id=delivery_id, reading=answer, asked_us=answer.sent_us)
        if not deliveries:
            return
        confirmed = yield Call("confirm", {"did": agent.did, "delivery_ids": deliveries}, by=agent, timeout_s=TIMEOUT_S)
        if confirmed.problem is None:
            for message_id, delivery_id in handed:
                ledger.confirmed(message_id, agent.did, confirmed.done_us, delivery_id=delivery_id)


def message_ids(envelopes: object, ids: object) -> list[str]:
    """The ids of polled messages: out of the envelopes, or as the surface lists them."""
    if isinstance(envelopes, list):
        return [str(envelope.get("id", "")).lower() if isinstance(envelope, dict) else "" for envelope in envelopes]
    return [str(message_id).lower() for message_id in ids] if isinstance(ids, list) else []
