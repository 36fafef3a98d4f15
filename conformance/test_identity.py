"""DIDs: did:key of Ed25519 is resolved, everything malformed is refused, in messages and at registration."""

from __future__ import annotations

from collections.abc import Callable

import base58
import pytest

from ainp_harness.wire.did import ED25519_MULTICODEC
from ainp_harness.wire.messages import capability
from conformance.kit.mutations import Mutation, adjusted, ids
from conformance.kit.probe import Probe, requirement

CODES = ("INVALID_ENVELOPE", "INVALID_DID", "UNAUTHORIZED")


def _recoded(did: str, prefix: bytes, cut: int = 0) -> str:
    key = base58.b58decode(did.removeprefix("did:key:z"))[2:]
    return "did:key:z" + base58.b58encode(prefix + key[: len(key) - cut]).decode()


MALFORMED: dict[str, Callable[[str], str]] = {
    "wrong prefix": lambda did: did.replace("did:key:z", "did:key:u"),
    "wrong base58": lambda did: did[:-4] + "0OIl",
    "secp256k1": lambda did: _recoded(did, b"\xe7\x01"),
    "31 bytes": lambda did: _recoded(did, ED25519_MULTICODEC, cut=1),
    "unknown method": lambda did: did.replace("did:key:", "did:example:"),
}

CHANGES = [adjusted("from_did", change, name) for name, change in MALFORMED.items()]


@requirement("AINP-DID-001")
async def test_a_fresh_did_key_is_resolved(probe: Probe) -> None:
    """Nobody told the broker this key before: it stands in the DID itself."""
    alice, bob = probe.agent("alice"), await probe.recipient()
    intent = alice.intent(bob)
    probe.claim("accepted", await probe.send(intent, alice))
    polls = await probe.drain(bob, until=intent["id"])
    probe.control("received", *polls, ids=[intent["id"]], requirement="AINP-INT-002")


@requirement("AINP-DID-003")
@pytest.mark.parametrize("change", CHANGES, ids=ids(CHANGES))
async def test_a_malformed_sender_is_refused(probe: Probe, change: Mutation) -> None:
    await probe.shows_refusal(change, codes=CODES, statuses=(400, 401))


@requirement("AINP-DID-003")
@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_did_is_not_registered(probe: Probe, name: str) -> None:
    alice = await probe.registered("alice")
    malformed = MALFORMED[name](probe.agent("bob").did)
    exchange = await probe.try_register(probe.agent("bob"), [capability("has no DID")], call=probe.call_by(None), did=malformed)
    probe.claim("refused", exchange, codes=[*CODES, "INVALID_REGISTRATION"], statuses=[400, 401])
    probe.control("names_agent", await probe.call("get_agent", {"did": alice.did}), did=alice.did)


@requirement("AINP-DID-004")
async def test_did_and_public_key_must_agree(probe: Probe) -> None:
    await probe.registered("alice")
    bob, mallory = probe.agent("bob"), probe.agent("mallory")
    capabilities = [capability("claims another's key")]
    exchange = await probe.try_register(bob, capabilities, public_key=mallory.identity.public_key_base64)
    probe.claim("refused", exchange, codes=["INVALID_REGISTRATION", "INVALID_DID", "UNAUTHORIZED", "INVALID_SIGNATURE"])
    probe.claim("unknown_agent", await probe.call("get_agent", {"did": bob.did}))
    await probe.register(bob, capabilities)
