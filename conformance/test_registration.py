"""Registration: agents are kept as they describe themselves, replaced by their owner alone, and never doubled."""

from __future__ import annotations

from typing import Any

import pytest

from ainp_harness.wire.messages import capability
from conformance.kit.probe import Probe, requirement

CODES = ["INVALID_REGISTRATION", "INVALID_ENVELOPE", "INVALID_DID"]


@requirement("AINP-REG-001")
async def test_an_agent_registers(probe: Probe) -> None:
    alice = probe.agent("alice")
    exchange = await probe.try_register(alice, [capability("translates legal contracts from French", ["translation"])])
    probe.claim("tells", exchange, field="did", value=alice.did)
    probe.claim("tells", await probe.call("get_agent", {"did": alice.did}), field="did", value=alice.did)


@requirement("AINP-REG-001", "AINP-REG-002")
async def test_an_agent_registers_several_capabilities(probe: Probe) -> None:
    alice = probe.agent("alice")
    described = ["repairs bicycles", "rents out cargo bikes by the day"]
    probe.claim("accepted", await probe.try_register(alice, [capability(text, ["bicycle"]) for text in described]))
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=described)


@requirement("AINP-REG-002")
async def test_an_unknown_agent_is_404(probe: Probe) -> None:
    alice = await probe.registered("alice")
    probe.claim("unknown_agent", await probe.call("get_agent", {"did": probe.agent("nobody").did}))
    probe.control("tells", await probe.call("get_agent", {"did": alice.did}), field="did", value=alice.did)


GOOD = capability("sorts parcels")

INVALID: dict[str, dict[str, Any]] = {
    "no DID": {"did": None},
    "no capabilities": {"capabilities": None},
    "capabilities not a list": {"capabilities": {"description": "sorts parcels"}},
    "capabilities empty": {"capabilities": []},
    "empty description": {"capabilities": [{**GOOD, "description": ""}]},
    "description not a text": {"capabilities": [{**GOOD, "description": 7}]},
    "tags not texts": {"capabilities": [{**GOOD, "tags": [1, 2]}]},
    "negative ttl": {"ttl_ms": -1},
    "ttl not a number": {"ttl_ms": "soon"},
}


@requirement("AINP-REG-003")
@pytest.mark.parametrize("name", INVALID)
async def test_an_invalid_registration_registers_nothing(probe: Probe, name: str) -> None:
    await probe.registered("alice")
    bob = probe.agent("bob")
    members = {"capabilities": [GOOD], **INVALID[name]}
    exchange = await probe.try_register(bob, members.pop("capabilities"), **members)
    probe.claim("refused", exchange, codes=CODES)
    probe.claim("unknown_agent", await probe.call("get_agent", {"did": bob.did}))
    await probe.register(bob, [GOOD])


@requirement("AINP-REG-004")
async def test_registering_again_replaces(probe: Probe) -> None:
    alice = await probe.registered("alice", "forecasts the harvest of apple orchards")
    changed = "grades raw diamonds by clarity"
    await probe.register(alice, [capability(changed, ["diamonds"])])
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=[changed])
    found = await probe.search(changed, wanted=[alice.did], limit=50)
    probe.claim("finds", found, did=alice.did)


@requirement("AINP-REG-006")
async def test_nobody_else_replaces_a_proven_entry(probe: Probe) -> None:
    """Without proof, with broken proof, with somebody else's: the entry stays as its owner made it."""
    alice = await probe.registered("alice", "keeps the minutes of board meetings")
    mallory, taken = probe.agent("mallory"), [capability("taken over")]
    without = await probe.try_register(alice, taken, call=probe.call_by(None))
    probe.claim("refused", without, codes=["UNAUTHORIZED", "INVALID_SIGNATURE"], statuses=[401, 403])
    broken = probe.with_proof(
        probe.call_by(None),
        lambda rendered, now_ms: {
            **alice.identity.prove(method=rendered.method, target=rendered.target, timestamp_ms=now_ms, body=b"another body"),
        },
    )
    probe.claim("refused", await probe.try_register(alice, taken, call=broken), statuses=[401])
    probe.claim("refused", await probe.try_register(alice, taken, call=probe.proven(mallory)), statuses=[403])
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=[alice.description])
    await probe.register(alice, [capability(alice.description)])


@requirement("AINP-REG-006")
async def test_a_proven_registration_replaces_an_unproven_one(probe: Probe) -> None:
    """Somebody registers alice without proof (ERRATUM-30: some brokers let them); alice herself, with proof, has the last word."""
    alice = probe.agent("alice")
    await probe.try_register(alice, [capability("squatted by a stranger")], call=probe.call_by(None))
    mine = "prints banknotes for a living"
    probe.claim("accepted", await probe.try_register(alice, [capability(mine)]))
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=[mine])


@requirement("AINP-REG-006")
async def test_a_stranger_does_not_take_a_did_that_is_not_registered(probe: Probe) -> None:
    alice, mallory = probe.agent("alice"), probe.agent("mallory")
    taken = await probe.try_register(alice, [capability("taken over")], call=probe.proven(mallory))
    probe.claim("refused", taken, statuses=[403])
    await probe.register(alice, [capability("registers herself")])


@requirement("AINP-REG-006")
async def test_nobody_else_removes_an_entry(probe: Probe) -> None:
    if not probe.offers("unregister"):
        probe.leaves_out("unregister")
    alice, mallory = await probe.registered("alice", "signs for deliveries at the gate"), probe.agent("mallory")
    probe.claim("refused", await probe.call("unregister", {"did": alice.did}), statuses=[401, 403])
    probe.claim("refused", await probe.call("unregister", {"did": alice.did}, probe.proven(mallory)), statuses=[401, 403])
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=[alice.description])
    probe.control("accepted", await probe.call("unregister", {"did": alice.did}, probe.proven(alice)), requirement="AINP-REG-006")


@requirement("AINP-REG-006")
async def test_nobody_advertises_in_anothers_name(probe: Probe) -> None:
    """Mallory signs an ADVERTISE of her own that names alice: alice's entry is not touched."""
    if not probe.offers("advertise"):
        probe.leaves_out("advertise")
    alice, mallory = await probe.registered("alice", "tunes church organs"), probe.agent("mallory")
    envelope = mallory.advertise([capability("taken over")], did=alice.did)
    probe.claim("refused", await probe.send(envelope, mallory, operation="advertise"), statuses=[400, 401, 403])
    probe.claim("describes", await probe.call("get_agent", {"did": alice.did}), descriptions=[alice.description])


STRANGE = {
    "unicode": "übersetzt 漢字 into עברית — naïvely 🙂",
    "10 kB": "long " * 2048,
    "markup": "<script>alert('x')</script> & <b>bold</b> {{7*7}}",
}


@requirement("AINP-REG-008")
@pytest.mark.parametrize("name", STRANGE)
async def test_strange_descriptions_are_kept_or_refused(probe: Probe, name: str) -> None:
    alice = probe.agent("alice")
    registered = await probe.try_register(alice, [capability(STRANGE[name])])
    told = await probe.call("get_agent", {"did": alice.did})
    path = probe.shared.transport.binding.operations["get_agent"].pick["descriptions"]
    probe.claim("refused_or_kept", registered, told, path=path, value=[STRANGE[name]])


@requirement("AINP-REG-009")
async def test_a_registration_tells_nothing_of_others(probe: Probe) -> None:
    await probe.registered("bob")
    alice = probe.agent("alice")
    exchange = await probe.register(alice, [GOOD])
    probe.claim("tells_nothing_private", exchange, dids=[alice.did])
