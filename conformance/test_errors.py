"""Errors: unknown paths and wrong methods are told as JSON. The shape of all other errors is an invariant over all traffic."""

from __future__ import annotations

from typing import Any

import pytest

from ainp_harness.wire.binding import Rendered
from ainp_harness.wire.messages import SCHEMA_BASE
from conformance.kit.mutations import Mutation, adjusted, member
from conformance.kit.negotiations import NEAR, countered
from conformance.kit.probe import Probe, requirement


@requirement("AINP-ERR-004")
async def test_an_unknown_path_is_404(probe: Probe) -> None:
    path = probe.shared.transport.binding.unknown_path
    if path is None:
        probe.leaves_out("an unknown path (the binding names none)")
    exchange = await probe.request("unknown", Rendered("GET", str(path), {}, b""))
    probe.claim("answers", exchange, statuses=[404])


@requirement("AINP-ERR-004")
async def test_a_wrong_method_is_405(probe: Probe) -> None:
    target = probe.shared.transport.binding.operations["send_intent"].path
    exchange = await probe.request("unknown", Rendered("PUT", target, {"content-type": "application/json"}, b"{}"))
    probe.claim("answers", exchange, statuses=[405])


# RATE_LIMIT_EXCEEDED is shown where a limit is met anyway: test_limits.py.

EARLIER_MS = 24 * 3_600_000

CHANGES: dict[str, Mutation] = {
    "INVALID_SIGNATURE": member("qos.urgency", 0.6, "changed after signing"),
    "UNSUPPORTED_SCHEMA": member("schema", SCHEMA_BASE + "intents/no-such-intent/v1", "an unknown schema"),
    "TIMEOUT": adjusted("timestamp", lambda at: at - EARLIER_MS, "a day old"),
}


@requirement("AINP-ERR-005")
@pytest.mark.parametrize("code", CHANGES)
async def test_a_standard_code_is_used_for_what_is_wrong_with_a_message(probe: Probe, code: str) -> None:
    if code == "UNSUPPORTED_SCHEMA" and probe.declares("custom_intents"):
        probe.leaves_out("a refusal of schemas that it does not know (it declares custom intents)")
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    changed = CHANGES[code](alice.intent(bob))
    sent = changed if code == "INVALID_SIGNATURE" else alice.sign(changed)
    probe.claim("refused", await probe.send(sent, alice), codes=[code], strict=True)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@requirement("AINP-ERR-005")
async def test_a_standard_code_is_used_for_a_duplicate(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    message = alice.intent(bob)
    probe.control("accepted", await probe.send(message, alice))
    probe.claim("refused", await probe.send(message, alice), codes=["DUPLICATE_INTENT"], strict=True)


@requirement("AINP-ERR-005")
async def test_a_standard_code_is_used_for_somebody_elses_inbox(probe: Probe) -> None:
    """With one's own right proof: it is known who asks, and it is not theirs."""
    if not probe.takes("poll", "did"):
        probe.leaves_out("naming another's inbox")
    alice, mallory = await probe.recipient(), probe.agent("mallory")
    probe.control("accepted", await probe.poll(alice))
    asked = await probe.call("poll", {"did": alice.did, "limit": 1}, probe.proven(mallory))
    probe.claim("refused", asked, codes=["UNAUTHORIZED"], strict=True)
    probe.control("accepted", await probe.poll(alice))


@requirement("AINP-ERR-005")
async def test_a_standard_code_is_used_for_nobody(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    nobody = probe.agent("nobody")
    probe.claim("refused", await probe.send(alice.intent(nobody), alice), codes=["AGENT_OFFLINE"], strict=True)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))


@requirement("AINP-ERR-005")
async def test_a_standard_code_is_used_for_a_move_out_of_turn(probe: Probe) -> None:
    """Accepting what was rejected."""
    if not probe.declares("negotiation"):
        probe.leaves_out("negotiation")
    negotiation, alice, bob = await countered(probe)
    negotiation.needs_envelopes("moves that name their round")
    probe.control("accepted", await negotiation.say(alice, "REJECT", 2))
    probe.claim("refused", await negotiation.say(bob, "ACCEPT", 2, NEAR), codes=["NEGOTIATION_FAILED"], strict=True)


@requirement("AINP-ERR-006")
async def test_an_error_is_an_error_message(probe: Probe) -> None:
    """ERRATUM-23: bare, or a whole envelope. What every other refusal says is an invariant over all traffic."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    message = alice.intent(bob)
    probe.control("accepted", await probe.send(message, alice))
    readings: dict[str, dict[str, Any]] = {"bare": {"expectation": "error_message"}, "envelope": {"expectation": "error_envelope"}}
    probe.claim("follows_reading", await probe.send(message, alice), erratum="ERRATUM-23", readings=readings)
