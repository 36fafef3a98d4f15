"""Priority: in which order a prepared queue is delivered. Areas intents, queue and delivery."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from conformance.kit.agents import Agent, Envelope
from conformance.kit.money import pays_with
from conformance.kit.probe import Probe, requirement

Qos = Mapping[str, float]

WEIGHTS: Qos = {"urgency": 0.3, "importance": 0.3, "novelty": 0.2, "ethicalWeight": 0.2, "bid_scale": 10}
"""The draft's, where a broker declares none."""

APART = 0.004
"""Two priorities nearer than this are not told apart: formulas differ in their last digits."""


def qos(urgency: float = 0.5, importance: float = 0.5, novelty: float = 0.5, ethical: float = 0.5, bid: float = 0) -> Qos:
    return {"urgency": urgency, "importance": importance, "novelty": novelty, "ethicalWeight": ethical, "bid": bid}


FORMULA = [
    qos(0.2, 0.2, 1, 1), qos(0.9, 0.9, 0, 0), qos(0.1, 0, 0, 0), qos(0, 0, 1, 0), qos(0, 1, 0, 0.2), qos(0, 0, 0.1, 0),
    qos(0.7, 0, 0, 0.9), qos(1, 0.8, 0.8, 0.8), qos(0, 0, 0.2, 1),
]  # fmt: skip
"""Sums, single members and equal weights each bring these into another order."""

BIDS = [qos(bid=2), qos(), qos(0.6), qos(bid=10), qos(1, 1, 0.9, 0.9), qos(bid=5)]


def priority(of: Qos, weights: Qos) -> float:
    """The draft's formula (quality of service)."""
    weighed = sum(weights[name] * of[name] for name in ("urgency", "importance", "novelty", "ethicalWeight"))
    return weighed + 0.5 * math.tanh(of["bid"] / weights["bid_scale"])


def told_apart(messages: Sequence[tuple[float, str]]) -> list[str]:
    """The ids in the order in which they must come; of two whose priorities are next to the same only one."""
    kept: list[tuple[float, str]] = []
    for worth, identifier in sorted(messages, reverse=True):
        if not kept or kept[-1][0] - worth > APART:
            kept.append((worth, identifier))
    return [identifier for _, identifier in kept]


async def _prepare(probe: Probe, alice: Agent, bob: Agent, qualities: Sequence[Qos]) -> list[Envelope]:
    """A queue for bob, who is away, one message after another."""
    sent = [alice.intent(bob, qos=quality) for quality in qualities]
    for message in sent:
        probe.control("accepted", await probe.send(message, alice))
    return sent


async def _follows_the_formula(probe: Probe, alice: Agent, qualities: Sequence[Qos]) -> None:
    bob = await probe.registered("bob", "reads the best first")
    sent = await _prepare(probe, alice, bob, qualities)
    weights = {**WEIGHTS, **probe.declared.priority}
    expected = told_apart([(priority(quality, weights), message["id"]) for quality, message in zip(qualities, sent, strict=True)])
    polls = await probe.drain(bob, until=[message["id"] for message in sent])
    probe.claim("comes_in_order", *polls, ids=expected)


@requirement("AINP-INT-009", "AINP-QUE-002")
async def test_higher_priority_comes_first_and_equals_as_they_came(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "reads in order")
    if probe.declared.priority:
        urgent, important, low = qos(urgency=1), qos(importance=0.9), qos(urgency=0, importance=0)
    else:  # no formula is known, and the more of everything comes first by each
        urgent, important, low = [qos(much, much, much, much) for much in (1, 0.9, 0)]
    qualities = [qos(), important, low, qos(), urgent, qos(), important]
    sent = [message["id"] for message in await _prepare(probe, alice, bob, qualities)]
    polls = await probe.drain(bob, until=sent)
    for higher in (1, 4):
        probe.claim("comes_in_order", *polls, ids=[sent[higher], sent[0], sent[2]], requirements=["AINP-INT-009"])
    weights = {**WEIGHTS, **probe.declared.priority}
    order = sorted(range(len(sent)), key=lambda n: -priority(qualities[n], weights))  # stable: equals stay as they came
    probe.claim("comes_in_order", *polls, ids=[sent[n] for n in order], requirements=["AINP-QUE-002"])


@requirement("AINP-QOS-001")
async def test_the_queue_follows_the_declared_weights(probe: Probe) -> None:
    await _follows_the_formula(probe, probe.agent("alice"), FORMULA)


@requirement("AINP-QOS-001")
async def test_a_bid_adds_to_the_priority(probe: Probe) -> None:
    """Where bids are paid from an account, alice needs one that holds them."""
    total = sum(quality["bid"] for quality in BIDS)
    alice = await pays_with(probe, "alice", total) if probe.declares("credits") else probe.agent("alice")
    await _follows_the_formula(probe, alice, BIDS)


@requirement("AINP-QOS-003")
async def test_declared_weights_sum_to_one(probe: Probe) -> None:
    probe.claim("weights_sum_to_one", await probe.call("capabilities", {}))
