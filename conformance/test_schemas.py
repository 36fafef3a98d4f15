"""What intents hold: the six core schemas, what all of them share, intents of somebody's own, and attachments that go by URL.

Where a probe changes one member after the other, every change is a message of its own between the same two controls.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import pytest

from ainp_harness.wire.exchange import Exchange
from conformance.kit.agents import Agent, Envelope
from conformance.kit.intents import KINDS, NOTE, Kind
from conformance.kit.mutations import REMOVED, Mutation, member
from conformance.kit.probe import Probe, requirement

CODES = ["UNSUPPORTED_SCHEMA", "INVALID_ENVELOPE"]

EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])

EVERY_INTENT_HAS = ("@context", "@type", "version", "embedding", "budget", "semantics")


Sent = dict[str, Exchange]
"""By the id of the message: the evidence does not keep a long one whole."""


async def _one_by_one(probe: Probe, sender: Agent, original: Envelope, changes: Sequence[Mutation]) -> Sent:
    """The same message again and again, each time with one change, a fresh id and a fresh signature."""
    changed = [sender.sign(change({**original, "id": sender.stamp().id})) for change in changes]
    exchanges = await asyncio.gather(*(probe.send(envelope, sender) for envelope in changed))
    return {envelope["id"]: exchange for envelope, exchange in zip(changed, exchanges, strict=True)}


async def _none_arrived(probe: Probe, sender: Agent, recipient: Agent, sent: Sent, *earlier: str) -> None:
    """The control after the changes: it arrives, with those before it, and nothing of what was refused."""
    after = sender.intent(recipient)
    probe.control("accepted", await probe.send(after, sender))
    polls = await probe.drain(recipient, until=[*earlier, after["id"]])
    refused = [identifier for identifier, exchange in sent.items() if not probe.accepted(exchange)]
    probe.claim("not_received", *polls, ids=refused, after=after["id"])


@requirement("AINP-SCH-001")
@EACH_KIND
async def test_a_core_intent_is_taken(probe: Probe, kind: Kind) -> None:
    """With all its members, and without the optional ones."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    whole, bare = kind.envelope(alice, bob), kind.bare(alice, bob)
    probe.claim("accepted", *[await probe.send(intent, alice) for intent in (whole, bare)])
    polls = await probe.drain(bob, until=[whole["id"], bare["id"]])
    probe.claim("received", *polls, ids=[whole["id"], bare["id"]])


@requirement("AINP-SCH-002")
@EACH_KIND
async def test_a_required_member_is_required(probe: Probe, kind: Kind) -> None:
    """Each of them of another type, then each of them missing (ERRATUM-27: some brokers require fewer)."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    insides = kind is NOTE
    wrong, missing = kind.of_wrong_type(insides), kind.without(insides)
    await probe.make_room(len(wrong) + len(missing) + 8)
    original = kind.envelope(alice, bob)
    probe.control("accepted", await probe.send(original, alice), requirement="AINP-SCH-001")
    of_wrong_type = await _one_by_one(probe, alice, original, wrong)
    probe.claim("each_refused", *of_wrong_type.values(), changes=[change.name for change in wrong], codes=CODES)
    without = await _one_by_one(probe, alice, original, missing)
    readings: dict[str, dict[str, Any]] = {
        "interfaces": {"expectation": "each_refused", "changes": [change.name for change in missing], "codes": CODES},
        "few": {"expectation": "some_refused", "codes": CODES},
    }
    probe.claim("follows_reading", *without.values(), erratum="ERRATUM-27", readings=readings)
    await _none_arrived(probe, alice, bob, {**of_wrong_type, **without}, original["id"])


@requirement("AINP-SCH-003")
async def test_every_intent_has_the_shared_members(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    await probe.make_room()
    original = NOTE.envelope(alice, bob)
    probe.control("accepted", await probe.send(original, alice))
    changes = [member(f"payload.{name}", REMOVED, f"without {name}") for name in EVERY_INTENT_HAS]
    sent = await _one_by_one(probe, alice, original, changes)
    probe.claim("each_refused", *sent.values(), changes=[change.name for change in changes], codes=CODES)
    await _none_arrived(probe, alice, bob, sent, original["id"])


@requirement("AINP-SCH-004")
@pytest.mark.parametrize("schema", ["https://ainp.dev/schemas/intents/no-such-thing/v1", "https://agents.example/schemas/harvest/v1"])
async def test_an_unknown_schema_is_refused_by_its_code(probe: Probe, schema: str) -> None:
    """Where custom intents are declared, an unknown schema is refused of what cannot be one: it lacks an embedding."""
    unknown = member("schema", schema)
    if not probe.declares("custom_intents"):
        await probe.shows_refusal(unknown, codes=["UNSUPPORTED_SCHEMA"], strict=True)
        return
    incomplete = member("payload.embedding", REMOVED)
    await probe.shows_refusal(Mutation(f"{unknown} without embedding", lambda envelope: incomplete(unknown(envelope))), codes=CODES)


CUSTOM = {
    "schema": "https://agents.example/schemas/harvest/v1",
    "payload.@context": "https://agents.example/contexts/harvest/v1",
    "payload.@type": "Harvest",
    "payload.semantics": {"apples_kg": 1200, "orchard": "north"},
}


@requirement("AINP-SCH-005")
async def test_a_custom_intent_is_routed(probe: Probe) -> None:
    """An intent of a schema that the broker cannot know; then lacking each of the four members that even it must have."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    await probe.make_room()
    original = NOTE.envelope(alice, bob)
    for path, value in CUSTOM.items():
        original = member(path, value)(original)
    original = alice.sign(original)
    probe.claim("accepted", await probe.send(original, alice))
    changes = [member(f"payload.{name}", REMOVED, f"without {name}") for name in ("@context", "version", "embedding", "budget")]
    sent = await _one_by_one(probe, alice, original, changes)
    probe.claim("each_refused", *sent.values(), changes=[change.name for change in changes], codes=CODES)
    await _none_arrived(probe, alice, bob, sent, original["id"])


BYTES = base64.b64encode(hashlib.sha512(b"an image").digest() * 768).decode()
"""64 kB of base64."""

HASH = "payload.semantics.attachments.0.hash"


@requirement("AINP-SCH-006")
async def test_attachments_go_by_url(probe: Probe) -> None:
    """The same note with a URL, its hash in either form (ERRATUM-18), then with the bytes themselves beside it or in a data: URL."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    await probe.make_room()
    prefixed = NOTE.envelope(alice, bob)
    in_base64 = alice.sign(member(HASH, base64.b64encode(hashlib.sha256(b"press.jpg").digest()).decode())(NOTE.envelope(alice, bob)))
    both = [await probe.send(note, alice) for note in (prefixed, in_base64)]
    readings = {
        "prefixed": {"expectation": "turns_out", "outcomes": ["accepted", "either"]},
        "base64": {"expectation": "turns_out", "outcomes": ["either", "accepted"]},
    }
    probe.claim("follows_reading", *both, erratum="ERRATUM-18", readings=readings)
    taken = [note for note, exchange in zip((prefixed, in_base64), both, strict=True) if probe.accepted(exchange)]
    changes = [member(f"payload.semantics.attachments.0.{name}", BYTES, f"inlined as {name}") for name in ("data", "content", "bytes")]
    changes.append(member("payload.semantics.attachments.0.url", f"data:image/jpeg;base64,{BYTES}", "inlined as a data: URL"))
    sent = await _one_by_one(probe, alice, taken[0], changes)
    probe.claim("each_refused", *sent.values(), changes=[change.name for change in changes], codes=CODES)
    await _none_arrived(probe, alice, bob, sent, *(note["id"] for note in taken))
