"""What a signature may look like: made by a scheme that is in use, neither mangled nor unreduced, and not for a key without a secret."""

from __future__ import annotations

import pytest

from ainp_harness.wire.signing import Scheme, decode_base64, encode_base64
from conformance.kit.mutations import REMOVED, Mutation, adjusted, ids, member
from conformance.kit.probe import Probe, requirement
from conformance.kit.small_order import GROUP_ORDER, SMALL_ORDER, forged

UNVERIFIABLE = ("INVALID_SIGNATURE",)
MALFORMED = ("INVALID_SIGNATURE", "UNAUTHORIZED", "INVALID_ENVELOPE")


def flipped(sig: str) -> str:
    """The signature with its first bit flipped."""
    data = bytearray(decode_base64(sig))
    data[0] ^= 1
    return encode_base64(bytes(data))


@requirement("AINP-SIG-001")
async def test_one_signing_scheme_is_accepted(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.recipient()
    tried = [await probe.send(alice.sign(alice.unsigned_intent(bob.did), scheme), alice) for scheme in Scheme]
    probe.claim("any_accepted", *tried)


MANGLED = [
    member("sig", "not base64 at all!", "no base64"),
    adjusted("sig", lambda sig: encode_base64(decode_base64(sig)[:-1]), "truncated"),
    adjusted("sig", lambda sig: encode_base64(decode_base64(sig) + b"\0"), "65 bytes"),
    adjusted("sig", flipped, "one bit flipped"),
]


@requirement("AINP-SIG-005")
@pytest.mark.parametrize("change", MANGLED, ids=ids(MANGLED))
async def test_a_mangled_signature_is_refused(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=MALFORMED, sign_again=False)


@requirement("AINP-SIG-008")
@pytest.mark.parametrize("change", [member("sig", REMOVED), MANGLED[3]], ids=["missing", "one bit flipped"])
async def test_the_refusal_of_an_unverifiable_message_says_so(probe: Probe, change: Mutation) -> None:
    statuses, codes = ((401,), UNVERIFIABLE) if change is MANGLED[3] else ((400, 401), MALFORMED)
    await probe.shows_refusal(change, codes=codes, statuses=statuses, strict=True, sign_again=False)


def unreduced(sig: str) -> str:
    """The same signature with the group's order added to its S: the same number to whoever does not look at its size."""
    data = decode_base64(sig)
    return encode_base64(data[:32] + (int.from_bytes(data[32:], "little") + GROUP_ORDER).to_bytes(32, "little"))


@requirement("AINP-SIG-007")
async def test_a_signature_has_one_spelling(probe: Probe) -> None:
    """S + L instead of S: whoever takes it lets anybody make a second signature of a message out of the first."""
    await probe.shows_refusal(adjusted("sig", unreduced, "S + L"), codes=MALFORMED, sign_again=False)


@requirement("AINP-SIG-009")
async def test_which_schemes_verify(probe: Probe) -> None:
    """ERRATUM-01. The keys within the payload are not in order, so that no two schemes sign the same bytes."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    schemes = list(Scheme)
    tried = [await probe.send(alice.sign(alice.unsigned_intent(bob.did), scheme), alice) for scheme in schemes]
    readings = {
        str(scheme): {
            "expectation": "turns_out",
            "outcomes": ["accepted" if other is scheme else "either" for other in schemes],
            "codes": MALFORMED,
        }
        for scheme in schemes
    }
    probe.claim("follows_reading", *tried, erratum="ERRATUM-01", readings=readings)


@requirement("AINP-SIG-012")
async def test_a_key_of_small_order_is_refused(probe: Probe) -> None:
    """All eight of them, each with a signature that needs no secret."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    await probe.make_room(len(SMALL_ORDER) + 6)
    probe.control("accepted", await probe.send(alice.intent(bob), alice))
    messages = [forged(key, lambda: alice.unsigned_intent(bob.did), probe.scheme) for key in SMALL_ORDER]
    exchanges = [await probe.send(message) for message in messages]
    probe.claim("refused", *exchanges, codes=[*MALFORMED, "INVALID_DID"])
    after = alice.intent(bob)
    probe.control("accepted", await probe.send(after, alice))
    polls = await probe.drain(bob, until=after["id"])
    probe.claim("not_received", *polls, ids=[message["id"] for message in messages], after=after["id"])
