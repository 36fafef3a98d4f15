"""Connected agents: each holds a WebSocket or polls, and gets one intent a minute from a seeded peer, which it answers with a RESULT.

The intents are arrivals of the schedule. An answer is an arrival of its own, due when its intent was accepted (targets.toml, loads).
"""

from __future__ import annotations

from dataclasses import replace

from ainp_harness.wire import messages
from ainp_harness.wire.envelope import MsgType
from ainp_harness.wire.identity import Identity
from loadtests.arrivals import Arrival
from loadtests.deliveries import Delivery
from loadtests.scenarios.intent_by_did import IntentByDid, acknowledge, send
from loadtests.steps import Steps
from loadtests.world import World


class ConnectedAgents(IntentByDid):
    """Intents to every agent in turn."""

    name = "connected-agents"


def answer_steps(world: World, agent: Identity, intent: Delivery) -> Steps:
    """The RESULT by which an agent answers an intent that it received."""
    arrival = answer_arrival(intent)
    envelope = world.envelope(
        MsgType.RESULT,
        arrival,
        from_did=agent.did,
        to_did=intent.from_did,
        schema=messages.RESULT_SCHEMA,
        payload=messages.result_payload(intent.id, {"accepted": True}),
    )
    answer = yield send(world, arrival, agent, envelope, kind="RESULT")
    acknowledge(world, answer, envelope)


def answer_arrival(intent: Delivery) -> Arrival:
    """The arrival of an answer: that of its intent, due when the intent was acknowledged."""
    return replace(intent.arrival, intended_us=intent.acknowledged_us)
