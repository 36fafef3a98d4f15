"""did:web: whose keys a document gives, and where the broker goes for one: to what it was told, and to the open network alone."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import base58
import orjson
import pytest

from ainp_harness.wire.did import did_key
from ainp_harness.wire.identity import Identity
from reference_broker import did_web
from reference_broker.did_web import DidWeb, Place, Unresolvable, is_public, keys_in
from reference_broker.errors import BrokerError
from reference_broker.settings import BadSettings, load_settings
from tests.reference_broker.agents import Agent, code
from tests.reference_broker.conftest import MakeAgent

DID = "did:web:agents.example"
ALICE, BOB = Identity.derived("did web", "alice"), Identity.derived("did web", "bob")


def multibase(identity: Identity) -> str:
    return identity.did.removeprefix("did:key:")


def document(*methods: Mapping[str, Any], did: str = DID, **members: Any) -> dict[str, Any]:
    return {"id": did, "verificationMethod": list(methods), "authentication": [method["id"] for method in methods], **members}


def key(identity: Identity, name: str = "#1", did: str = DID) -> dict[str, Any]:
    return {"id": f"{did}{name}", "type": "Multikey", "controller": did, "publicKeyMultibase": multibase(identity)}


SECP256K1 = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQ"
JWK = {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(ALICE.public_key).decode().rstrip("=")}

DOCUMENTS: dict[str, tuple[dict[str, Any], list[Identity]]] = {
    "one key": (document(key(ALICE)), [ALICE]),
    "two keys": (document(key(ALICE), key(BOB, "#2")), [ALICE, BOB]),
    "a key for assertion alone": (document(key(ALICE), authentication=[], assertionMethod=[f"{DID}#1"]), [ALICE]),
    "the same key for both": (document(key(ALICE), assertionMethod=[f"{DID}#1"]), [ALICE]),
    "a reference from its # on": (document(key(ALICE), authentication=["#1"]), [ALICE]),
    "an id from its # on": (document({**key(ALICE), "id": "#1"}, authentication=[f"{DID}#1"]), [ALICE]),
    "a key where it is used": (document(authentication=[key(ALICE)]), [ALICE]),
    "in base58": (document({"id": "#1", "publicKeyBase58": base58.b58encode(ALICE.public_key).decode()}), [ALICE]),
    "as a JWK": (document({"id": "#1", "publicKeyJwk": JWK}), [ALICE]),
    "beside one of another kind": (document({"id": "#0", "publicKeyMultibase": SECP256K1}, key(ALICE)), [ALICE]),
    "beside one that is nobody's": (document(key(ALICE), authentication=["#none", 7, None, f"{DID}#1"]), [ALICE]),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_keys_of_a_document(name: str) -> None:
    made, whose = DOCUMENTS[name]

    assert keys_in(made, DID) == tuple(identity.public_key for identity in whose)


NO_KEYS: dict[str, Any] = {
    "no object": [],
    "another's": document(key(ALICE), did="did:web:other.example"),
    "no id": {"verificationMethod": [key(ALICE)], "authentication": ["#1"]},
    "a key that is not used": document(key(ALICE), authentication=[]),
    "a key to agree on secrets": document(key(ALICE), authentication=[], keyAgreement=["#1"]),
    "a key of small order": document({"id": "#1", "publicKeyMultibase": multibase(replace(ALICE, did=did_key(bytes(32))))}),
    "broken base58": document({"id": "#1", "publicKeyMultibase": "z0OIl"}),
    "a JWK that is too short": document({"id": "#1", "publicKeyJwk": {**JWK, "x": "AAAA"}}),
    "a JWK of another curve": document({"id": "#1", "publicKeyJwk": {**JWK, "crv": "X25519"}}),
    "no list": {"id": DID, "verificationMethod": {}, "authentication": "#1"},
}


@pytest.mark.parametrize("name", NO_KEYS)
def test_what_gives_no_key(name: str) -> None:
    with pytest.raises(Unresolvable):
        keys_in(NO_KEYS[name], DID)


@pytest.mark.parametrize(
    ("did", "place"),
    [
        ("did:web:agents.example", Place("agents.example", 443, "/.well-known/did.json")),
        ("did:web:Agents.Example%3A8443", Place("agents.example", 8443, "/.well-known/did.json")),
        ("did:web:agents.example%3a80:a:b", Place("agents.example", 80, "/a/b/did.json")),
        ("did:web:agents.example:a%2Fb", Place("agents.example", 443, "/a%2Fb/did.json")),
    ],
)
def test_where_a_document_lies(did: str, place: Place) -> None:
    assert Place.of(did) == place


@pytest.mark.parametrize("did", ["did:web:a.example%3A0", "did:web:a.example%3A65536", "did:web:a.example:..:b", "did:web:a.example:."])
def test_what_is_no_place(did: str) -> None:
    with pytest.raises(Unresolvable):
        Place.of(did)


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "239.1.1.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "ff02::1", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


# -- a host of documents


@dataclass
class Host:
    """A host on the loopback address; what it answers with is looked up by path."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    pause_s: float = 0.0
    serving: set[asyncio.Task[None] | None] = field(default_factory=set)

    @property
    def authority(self) -> str:
        return f"localhost:{self.port}"

    def did(self, name: str) -> str:
        return f"did:web:localhost%3A{self.port}:{name}"

    def publish(self, name: str, *identities: Identity) -> str:
        did = self.did(name)
        body = orjson.dumps(document(*(key(identity, f"#{n}", did) for n, identity in enumerate(identities)), did=did))
        self.answers[f"/{name}/did.json"] = _answer("200 OK", body)
        return did

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())
        try:
            await self._answer_one(reader, writer)
        finally:
            writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        if first != b"\x16":  # TLS is closed at once
            head = first + await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head)
            await asyncio.sleep(self.pause_s)
            writer.write(self.answers.get(head.split(b" ")[1].decode(), _answer("404 Not Found", b"")))


def _answer(status: str, body: bytes, *headers: str) -> bytes:
    lines = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers))
    return lines.encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def serving(host: Host) -> AsyncIterator[Host]:
    server = await asyncio.start_server(host.serve, "127.0.0.1", host.port)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for task in host.serving:
            assert task is not None
            task.cancel()
        await asyncio.gather(*(task for task in host.serving if task is not None), return_exceptions=True)


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    async with serving(Host()) as found:
        yield found


@asynccontextmanager
async def resolving(*allow: str) -> AsyncIterator[DidWeb]:
    resolver = DidWeb(allow)
    try:
        yield resolver
    finally:
        await resolver.close()


async def unresolved(resolver: DidWeb, did: str) -> None:
    with pytest.raises(BrokerError) as refused:
        await resolver.keys_of(did)
    assert (refused.value.status, str(refused.value.code)) == (401, "UNAUTHORIZED")


async def test_an_allowed_host_is_asked_once_for_many(host: Host) -> None:
    did = host.publish("alice", ALICE, BOB)
    async with resolving(host.authority) as resolver:
        answers = await asyncio.gather(*(resolver.keys_of(did) for _ in range(20)))
        answers.append(await resolver.keys_of(did))

    assert set(answers) == {(ALICE.public_key, BOB.public_key)}
    assert len(host.asked) == 1
    assert f"host: localhost:{host.port}".encode() in host.asked[0].lower()


async def test_who_stops_waiting_does_not_stop_the_others(host: Host) -> None:
    host.pause_s = 0.2
    did = host.publish("alice", ALICE)
    async with resolving(host.authority) as resolver:
        first, second = asyncio.create_task(resolver.keys_of(did)), asyncio.create_task(resolver.keys_of(did))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == (ALICE.public_key,)


async def test_a_host_that_was_not_told_of_is_not_asked(host: Host) -> None:
    did = host.publish("alice", ALICE)
    async with resolving("localhost:1") as resolver:
        await unresolved(resolver, did)
        await unresolved(resolver, did.replace("localhost", "127.0.0.1"))
        await unresolved(resolver, did.replace("localhost", "2130706433"))
        await unresolved(resolver, did.replace("localhost", "127.1"))

    assert host.asked == []


async def test_a_name_with_one_private_address_is_not_asked(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(did_web, "addresses_of", lambda name, port: ["93.184.216.34", "127.0.0.1"])
    async with resolving() as resolver:
        await unresolved(resolver, f"did:web:agents.example%3A{host.port}")

    assert host.asked == []


async def test_the_address_that_was_looked_at_is_the_one_that_is_called(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name server is asked once; what it would say next time changes nothing."""
    answers: list[Sequence[str]] = [["127.0.0.1"], ["192.0.2.1"]]
    monkeypatch.setattr(did_web, "addresses_of", lambda name, port: answers.pop(0))
    did = f"did:web:agents.example%3A{host.port}:alice"
    host.answers["/alice/did.json"] = _answer("200 OK", orjson.dumps(document(key(ALICE, did=did), did=did)))
    async with resolving(f"agents.example:{host.port}") as resolver:
        assert await resolver.keys_of(did) == (ALICE.public_key,)

    assert len(answers) == 1


async def test_a_redirect_is_not_followed(host: Host) -> None:
    async with serving(Host()) as other:
        other.publish("alice", ALICE)
        host.answers["/alice/did.json"] = _answer("302 Found", b"", f"Location: http://{other.authority}/alice/did.json")
        async with resolving(host.authority, other.authority) as resolver:
            await unresolved(resolver, host.did("alice"))

    assert (len(host.asked), other.asked) == (1, [])


LARGE = b'{"id": "' + b"x" * did_web.DOCUMENT_BYTES + b'"}'


@pytest.mark.parametrize(
    "answer", [_answer("200 OK", LARGE), _answer("200 OK", b"<html>"), _answer("500 Oh", b""), b"nonsense\r\n\r\n", b""]
)
async def test_what_is_no_document_is_refused(host: Host, answer: bytes) -> None:
    host.answers["/alice/did.json"] = answer
    async with resolving(host.authority) as resolver:
        await unresolved(resolver, host.did("alice"))


async def test_a_slow_host_has_two_seconds(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(did_web, "DEADLINE_S", 0.2)
    host.pause_s = 1
    did = host.publish("alice", ALICE)
    began = time.monotonic()
    async with resolving(host.authority) as resolver:
        await unresolved(resolver, did)

    assert time.monotonic() - began < 2


async def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async with resolving("localhost:1") as resolver:
        await unresolved(resolver, "did:web:localhost%3A1")


async def test_what_could_not_be_resolved_is_asked_for_again_after_a_moment(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(did_web, "UNRESOLVED_S", 0.1)
    async with resolving(host.authority) as resolver:
        await unresolved(resolver, host.did("alice"))
        did = host.publish("alice", ALICE)
        await unresolved(resolver, did)
        await asyncio.sleep(0.12)
        assert await resolver.keys_of(did) == (ALICE.public_key,)


async def test_what_is_remembered_is_bounded(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(did_web, "MOST_REMEMBERED", 3)
    async with resolving(host.authority) as resolver:
        for number in range(6):
            await resolver.keys_of(host.publish(f"alice-{number}", ALICE))
        assert len(resolver._known) == 3


@pytest.mark.parametrize("value", ["localhost", "localhost:", "localhost:x", "localhost:0", ":80", "a:80,b"])
def test_what_may_be_asked_is_told_as_host_and_port(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, address in {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "NATS_URL": "nats://x"}.items():
        monkeypatch.setenv(name, address)
    monkeypatch.setenv("DID_WEB_ALLOW", value)
    with pytest.raises(BadSettings, match="DID_WEB_ALLOW"):
        load_settings()


# -- through the broker


@asynccontextmanager
async def allowed(target: Any) -> AsyncIterator[Host]:
    """The host that the broker of these tests may ask."""
    async with serving(Host(int(target.did_web_host.rpartition(":")[2]))) as found:
        yield found


def under(agent: Agent, did: str) -> Agent:
    return replace(agent, identity=Identity(agent.identity.key, did))


async def test_an_agent_by_did_web_sends_polls_and_registers(target: Any, agent: MakeAgent, bob: Agent) -> None:
    alice = agent()
    async with allowed(target) as host:
        name = alice.did[-12:]
        alice = under(alice, host.publish(name, BOB, alice.identity))
        assert (await alice.send(bob.did)).status_code == 202
        assert await alice.poll() == []
        assert (await alice.register()).status_code == 201
        assert (await alice.call("GET", f"/api/v1/agents/{alice.did.replace('%', '%25')}")).json()["did"] == alice.did
        assert code(await agent().call("GET", f"/api/v1/agents/{alice.did}")) == (404, "NOT_FOUND"), "an unescaped % names another"

        mallory = under(agent(), alice.did)
        assert code(await mallory.send(bob.did)) == (401, "INVALID_SIGNATURE")
        assert code(await mallory.register()) == (400, "INVALID_REGISTRATION")
        nobody = under(agent(), host.did(f"nobody-{name}"))
        assert code(await nobody.send(bob.did)) == (401, "UNAUTHORIZED")
        assert code(await nobody.register(proof=False)) == (401, "UNAUTHORIZED")
    assert (await bob.poll())[0]["envelope"]["from_did"] == alice.did


async def test_an_intent_goes_to_an_agent_by_did_web(target: Any, agent: MakeAgent, alice: Agent) -> None:
    bob = agent()
    async with allowed(target) as host:
        bob = under(bob, host.publish(bob.did[-12:], bob.identity))
        assert (await bob.register()).status_code == 201
        assert (await alice.send(bob.did)).status_code == 202
        assert [one["envelope"]["from_did"] for one in await bob.poll()] == [alice.did]
