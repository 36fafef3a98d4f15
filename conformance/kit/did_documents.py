"""did:web documents, served to the broker for as long as a probe needs them: at the HOST:PORT that it was told it may ask, or at a port
of the loopback address that it was not told of. Plain http; every connection is counted, whatever it says.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import base58
import orjson

from ainp_harness.wire.did import ED25519_MULTICODEC
from ainp_harness.wire.exchange import Exchange
from ainp_harness.wire.identity import Identity
from conformance.kit.agents import Agent
from conformance.kit.probe import Probe

FREE_S = 20.0
"""How long another probe, which serves at the same port, may take."""

REQUEST_S = 5.0
REQUEST_BYTES = 16 * 1024
LOOPBACK = "localhost"
TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection (RFC 8446, 5.1): closed at once, so that whoever may use http goes on with that."""


@dataclass
class DocumentHost:
    """Documents of one host, by path, and who asked for them."""

    host: str
    port: int
    documents: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    hellos: int = 0
    """Of the connections, those that began with TLS."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    paths: list[str] = field(default_factory=list)
    under_way: set[asyncio.StreamWriter] = field(default_factory=set)

    def did(self, name: str, host: str | None = None) -> str:
        """The did:web whose document lies at /agents/NAME, perhaps by another name of this host."""
        return f"did:web:{host or self.host}%3A{self.port}:agents:{name}"

    def agent(self, agent: Agent, name: str, *, host: str | None = None) -> Agent:
        """The agent under a did:web of this host, whose document is published."""
        renamed = unpublished(agent, self.did(name, host))
        self.publish(name, renamed)
        return renamed

    def publish(self, name: str, agent: Agent) -> None:
        """Put an agent's document there."""
        self.documents[f"/agents/{name}/did.json"] = orjson.dumps(document_of(agent.identity))

    def redirect(self, name: str, to: str) -> str:
        """The did:web at whose place there is a redirect."""
        self.redirects[f"/agents/{name}/did.json"] = to
        return self.did(name)

    def said(self) -> dict[str, Any]:
        """What is recorded of it."""
        return {"host": self.host, "port": self.port, "connections": self.connections, "tls": self.hellos, "paths": self.paths}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request, and close."""
        self.connections += 1
        self.heard.set()
        self.under_way.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
                await self._answer_one(reader, writer)
        finally:
            self.under_way.discard(writer)
            writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(REQUEST_S):
            head = await reader.readexactly(1)
            if head == TLS_HANDSHAKE:
                self.hellos += 1
                return
            head += await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
        self.paths.append(f"{method} {path}")
        writer.write(self._answer(path))
        await writer.drain()

    def _answer(self, path: str) -> bytes:
        if path in self.redirects:
            return _response("302 Found", b"", {"Location": self.redirects[path]})
        if path in self.documents:
            return _response("200 OK", self.documents[path], {"Content-Type": "application/did+json"})
        return _response("404 Not Found", b"{}", {"Content-Type": "application/json"})


def document_of(identity: Identity) -> dict[str, Any]:
    """The DID document of an identity: one key, for authentication and assertion."""
    key = f"{identity.did}#key-1"
    multibase = "z" + base58.b58encode(ED25519_MULTICODEC + identity.public_key).decode("ascii")
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/ed25519-2020/v1"],
        "id": identity.did,
        "verificationMethod": [
            {"id": key, "type": "Ed25519VerificationKey2020", "controller": identity.did, "publicKeyMultibase": multibase}
        ],
        "authentication": [key],
        "assertionMethod": [key],
    }


def unpublished(agent: Agent, did: str) -> Agent:
    """The agent, with its key, under another DID."""
    return replace(agent, identity=Identity(agent.identity.key, did))


@asynccontextmanager
async def allowed_host(probe: Probe) -> AsyncIterator[DocumentHost]:
    """The host that the broker was told it may ask; where the target names none, the probe is left out."""
    facts = probe.shared.plan.target.facts
    if "didweb_host" not in facts:
        probe.leaves_out("a host whose did:web documents the broker may ask for (the target names none)")
    host, _, port = str(facts["didweb_host"]).rpartition(":")
    found = DocumentHost(host, int(port))
    async with _served(found, str(facts["didweb_address"])):
        yield found


@asynccontextmanager
async def hidden_host() -> AsyncIterator[DocumentHost]:
    """A host of the loopback address that nobody told the broker of, and that certainly listens."""
    found = DocumentHost(LOOPBACK, 0)
    async with _served(found, LOOPBACK):
        _, writer = await asyncio.open_connection(LOOPBACK, found.port)
        writer.close()
        await writer.wait_closed()
        await found.heard.wait()
        found.connections = 0
        yield found


async def connections_of(probe: Probe, host: DocumentHost) -> Exchange:
    """Who asked this host, as evidence."""

    async def ask() -> Mapping[str, Any]:
        return host.said()

    return await probe.look("did_web", "connections", ask)


@asynccontextmanager
async def _served(found: DocumentHost, address: str) -> AsyncIterator[None]:
    """Listen on every address that the name has here, and close at the end."""
    deadline = time.monotonic() + FREE_S
    while True:
        try:
            servers = await _listen(found, address)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
    try:
        yield
    finally:
        for server in servers:
            server.close()
        for writer in list(found.under_way):  # whoever connected and said nothing is not waited for
            writer.close()
        await asyncio.gather(*(server.wait_closed() for server in servers))


async def _listen(found: DocumentHost, address: str) -> list[asyncio.Server]:
    """One listener an address, all at one port.

    Raises:
        OSError: the port is taken, or no address is this machine's.
    """
    entries = await asyncio.get_running_loop().getaddrinfo(address, found.port, type=socket.SOCK_STREAM)
    servers: list[asyncio.Server] = []
    fault: OSError | None = None
    for place in sorted({str(entry[4][0]) for entry in entries}):
        try:
            server = await asyncio.start_server(found.serve, place, found.port, limit=REQUEST_BYTES)
        except OSError as error:
            fault = error  # a machine without IPv6 may still name an address of it
            continue
        servers.append(server)
        found.port = int(server.sockets[0].getsockname()[1])
    if not servers:
        raise fault or OSError(f"{address} has no address")
    return servers


def _response(status: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    told = {**headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body
