"""A signed intent to a seeded peer by its DID: acknowledged in time, and delivered to that peer, which the ledger shows."""

from __future__ import annotations

from ainp_harness.wire import messages
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.identity import Identity
from loadtests.arrivals import Arrival
from loadtests.deliveries import Delivery
from loadtests.steps import Answer, Call, Scenario, Steps
from loadtests.world import INTENT_TIMEOUT_S, World


class IntentByDid(Scenario):
    """One intent. Recipients take turns; the sender is another agent, drawn."""

    name = "intent-by-did"

    def __init__(self, world: World) -> None:
        self.world = world

    def steps(self, arrival: Arrival) -> Steps:
        sender, recipient = self.peers(arrival)
        envelope = self.world.envelope(
            MsgType.INTENT,
            arrival,
            from_did=sender.did,
            to_did=recipient.did,
            schema=messages.FREEFORM_NOTE_SCHEMA,
            payload=self.world.note(arrival),
        )
        answer = yield send(self.world, arrival, sender, envelope, kind="INTENT")
        acknowledge(self.world, answer, envelope)

    def peers(self, arrival: Arrival) -> tuple[Identity, Identity]:
        """Sender and recipient: two different agents."""
        agents = self.world.agents
        recipient = arrival.number % len(agents)
        sender = (recipient + 1 + arrival.choose("sender", len(agents) - 1)) % len(agents)
        return agents[sender], agents[recipient]


def send(world: World, arrival: Arrival, sender: Identity, envelope: dict[str, object], *, kind: str) -> Call:
    """The call that sends a message and enters it into the ledger when it is due."""

    def enter(intended_us: int) -> None:
        world.ledger.sent(
            Delivery(arrival, str(envelope["id"]), sender.did, str(envelope["to_did"]), kind, intended_us, world.allowed_us())
        )

    return Call(
        "send_intent",
        by=sender,
        envelope=envelope,
        name="send_result" if kind == "RESULT" else None,
        # An answer is due at the acknowledgement, and can only be sent once the intent has come: with polling, up to an interval later.
        timeout_s=world.allowed_us() / 1e6 if kind == "RESULT" else INTENT_TIMEOUT_S,
        on_dispatch=enter,
    )


def acknowledge(world: World, answer: Answer, envelope: dict[str, object]) -> None:
    """Expect the acknowledgement of a message, and enter it into the ledger."""
    acknowledged = answer.pick("id")
    if acknowledged is not None:
        answer.expect(str(acknowledged).lower() == envelope["id"], "the acknowledgement names another id")
    recipients = answer.pick("recipients")
    if isinstance(recipients, list):
        answer.expect(recipients == [envelope["to_did"]], "the acknowledgement names other recipients")
    if answer.problem is None:
        world.ledger.acknowledged(str(envelope["id"]), answer.done_us)
