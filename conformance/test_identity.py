"""DIDs: did:key of Ed25519 and did:web are resolved, everything malformed is refused, in messages and at registration, and no did:web
leads the broker to where only the broker can go."""

from __future__ import annotations

from collections.abc import Callable

import base58
import pytest

from ainp_harness.wire.did import ED25519_MULTICODEC
from ainp_harness.wire.messages import capability
from conformance.kit.did_documents import allowed_host, connections_of, hidden_host, unpublished
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
    probe.control("tells", await probe.call("get_agent", {"did": alice.did}), field="did", value=alice.did)


@requirement("AINP-DID-004")
async def test_did_and_public_key_must_agree(probe: Probe) -> None:
    await probe.registered("alice")
    bob, mallory = probe.agent("bob"), probe.agent("mallory")
    capabilities = [capability("claims another's key")]
    exchange = await probe.try_register(bob, capabilities, public_key=mallory.identity.public_key_base64)
    probe.claim("refused", exchange, codes=["INVALID_REGISTRATION", "INVALID_DID", "UNAUTHORIZED", "INVALID_SIGNATURE"])
    probe.claim("unknown_agent", await probe.call("get_agent", {"did": bob.did}))
    await probe.register(bob, capabilities)


UNRESOLVED = ("UNAUTHORIZED", "INVALID_SIGNATURE", "INVALID_DID", "INVALID_ENVELOPE")


@requirement("AINP-DID-002")
async def test_a_did_web_is_resolved(probe: Probe) -> None:
    """The key of its document is the agent's: in a message, and in the proof of a request. Beside it an agent by did:key."""
    plain, bob = probe.agent("plain"), await probe.recipient()
    probe.control("accepted", await probe.send(plain.intent(bob), plain))
    async with allowed_host(probe) as host:
        alice = host.agent(probe.agent("alice"), f"alice-{probe.token}")
        intent = alice.intent(bob)
        sent, polled = await probe.send(intent, alice), await probe.poll(alice)
        asked = await connections_of(probe, host)
    probe.control("asked_in_http", asked)
    probe.claim("accepted", sent)
    probe.claim("accepted", polled)
    polls = await probe.drain(bob, until=intent["id"])
    probe.claim("received", *polls, ids=[intent["id"]])


@requirement("AINP-DID-002")
async def test_a_did_web_is_verified_by_its_document(probe: Probe) -> None:
    """Another's signature in its name is refused, and so is a DID that has no document."""
    bob = await probe.recipient()
    async with allowed_host(probe) as host:
        alice = host.agent(probe.agent("alice"), f"alice-{probe.token}")
        probe.control("accepted", await probe.send(alice.intent(bob), alice), requirement="AINP-DID-002")
        forged = await probe.send(probe.agent("mallory").sign(alice.intent(bob)), alice)
        nobody = unpublished(probe.agent("nobody"), host.did(f"nobody-{probe.token}"))
        unknown = await probe.send(nobody.intent(bob), nobody)
        probe.control("accepted", await probe.send(alice.intent(bob), alice), requirement="AINP-DID-002")
    probe.claim("refused", forged, codes=["INVALID_SIGNATURE", "UNAUTHORIZED"])
    probe.claim("refused", unknown, codes=UNRESOLVED)


@requirement("AINP-DID-005")
async def test_a_did_web_of_the_loopback_address_is_not_asked(probe: Probe) -> None:
    """A document lies there, at a port that the broker was not told of. Where its loopback address is ours, nobody came for it."""
    plain, bob = probe.agent("plain"), await probe.recipient()
    probe.control("accepted", await probe.send(plain.intent(bob), plain))
    async with hidden_host() as host:
        for number, name in enumerate(("localhost", "127.0.0.1")):
            alice = host.agent(probe.agent(f"alice {number}"), f"alice-{number}-{probe.token}", host=name)
            probe.claim("refused", await probe.send(alice.intent(bob), alice), codes=UNRESOLVED)
        if probe.own_address:
            probe.claim("not_called", await connections_of(probe, host))
    probe.control("accepted", await probe.send(plain.intent(bob), plain))


PROMPT_MS = 1_500
"""Less than any time-out of a connection that is worth the name, and more than a busy machine takes."""

PRIVATE = ("10.255.255.254", "192.168.255.254", "172.31.255.254", "169.254.169.254")
"""Of the private networks, and the address at which clouds tell their secrets."""


@requirement("AINP-DID-005")
async def test_a_did_web_of_a_private_network_is_refused_at_once(probe: Probe) -> None:
    """Nobody can be seen there: who does not try to reach it refuses as fast as what is no DID at all."""
    plain, bob = probe.agent("plain"), await probe.recipient()
    malformed = CHANGES[0](plain.intent(bob))
    exchanges = [await probe.send(plain.sign(malformed), plain)]
    for number, address in enumerate(PRIVATE):
        alice = unpublished(probe.agent(f"alice {number}"), f"did:web:{address}:agents:{probe.token}")
        exchanges.append(await probe.send(alice.intent(bob), alice))
    probe.claim("refused_promptly", *exchanges, codes=UNRESOLVED, margin_ms=PROMPT_MS)
    probe.control("accepted", await probe.send(plain.intent(bob), plain))


@requirement("AINP-DID-005")
async def test_a_redirect_leads_to_no_private_host(probe: Probe) -> None:
    """The host that may be asked sends the broker on to one that may not."""
    plain, bob = probe.agent("plain"), await probe.recipient()
    probe.control("accepted", await probe.send(plain.intent(bob), plain))
    async with allowed_host(probe) as host, hidden_host() as hidden:
        place = f"http://{hidden.host}:{hidden.port}/agents/alice/did.json"
        alice = unpublished(probe.agent("alice"), host.redirect(f"alice-{probe.token}", place))
        hidden.publish("alice", alice)
        probe.claim("refused", await probe.send(alice.intent(bob), alice), codes=UNRESOLVED)
        if probe.own_address:
            probe.claim("not_called", await connections_of(probe, hidden))
    probe.control("accepted", await probe.send(plain.intent(bob), plain))
