"""The host of did:web documents that probes serve to the broker: what it answers, what it counts, and that it ends."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ainp_harness.wire.identity import Identity
from ainp_harness.wire.signing import Scheme
from conformance.kit.agents import Agent
from conformance.kit.did_documents import DocumentHost, document_of, hidden_host, unpublished


def agent(name: str) -> Agent:
    return Agent(Identity.derived("documents", name), "seed", name, Scheme.JCS_SHA256)


async def test_documents_are_served_and_connections_counted() -> None:
    async with hidden_host() as host, httpx.AsyncClient(trust_env=False) as client:
        assert host.said() == {"host": "localhost", "port": host.port, "connections": 0, "tls": 0, "paths": []}
        alice = host.agent(agent("alice"), "alice")
        host.redirect("bob", "http://localhost:1/")
        base = f"http://localhost:{host.port}/agents"
        found, moved, nothing = [await client.get(f"{base}/{name}/did.json") for name in ("alice", "bob", "carol")]

        assert alice.did == f"did:web:localhost%3A{host.port}:agents:alice"
        assert (found.status_code, found.json()) == (200, document_of(alice.identity))
        assert (moved.status_code, moved.headers["location"]) == (302, "http://localhost:1/")
        assert nothing.status_code == 404
        assert (host.connections, host.paths[0]) == (3, "GET /agents/alice/did.json")


async def test_whoever_says_nothing_does_not_keep_it_open() -> None:
    async with asyncio.timeout(2), hidden_host() as host:
        _, silent = await asyncio.open_connection("localhost", host.port)
        _, tls = await asyncio.open_connection("localhost", host.port)
        tls.write(b"\x16\x03\x01")
        await host.heard.wait()
        await tls.drain()
    for writer in (silent, tls):
        writer.close()


async def test_a_host_is_gone_afterwards() -> None:
    async with hidden_host() as host:
        port = host.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("localhost", port)


def test_a_document_is_the_agents_under_its_new_name() -> None:
    alice = unpublished(agent("alice"), DocumentHost("agents.example", 8443).did("alice"))

    assert alice.did == "did:web:agents.example%3A8443:agents:alice"
    assert alice.intent(alice)["from_did"] == document_of(alice.identity)["id"] == alice.did
