"""WebSockets: messages come within a second, to the owner alone, and nothing is lost or doubled by a reconnection."""

from __future__ import annotations

import pytest

from conformance.kit.driver import DELIVERY_S
from conformance.kit.probe import Probe, requirement

WITHIN_MS = 1_000
"""A message is there within a second of its acknowledgement (AINP-WSK-001)."""


PONG_S = 5.0
IDLE_S = 65.0
"""Longer than the minute that common proxies give an idle connection."""


@requirement("AINP-WSK-001")
async def test_a_message_comes_within_a_second(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "listens")
    socket = await probe.open_websocket(bob)
    sent = await probe.send(alice.intent(bob), alice)
    await socket.wait_for(1, timeout_s=DELIVERY_S)
    closed, *named = await probe.came_over(bob, socket)
    probe.claim("opens", closed)
    probe.control("accepted", sent)
    probe.claim("pushed_within", sent, closed, *named, limit_ms=WITHIN_MS)


@requirement("AINP-WSK-002")
@pytest.mark.parametrize("claim", ["no proof", "only the owner's DID", "another's proof"])
async def test_nothing_comes_without_the_owners_proof(probe: Probe, claim: str) -> None:
    """The stranger is alone with the broker, so that nothing but its missing proof ends its connection; then the owner comes."""
    alice, bob, mallory = probe.agent("alice"), await probe.registered("bob", "listens alone"), probe.agent("mallory")
    call = {
        "no proof": probe.call_by(None),
        "only the owner's DID": probe.with_headers({"X-AINP-DID": bob.did}),
        "another's proof": probe.proven(mallory),
    }[claim]
    stranger = await probe.open_websocket(bob, call)
    sent = await probe.send(alice.intent(bob), alice)
    await stranger.wait_closed(timeout_s=2)
    theirs = await probe.close_websocket(stranger)
    owner = await probe.open_websocket(bob)
    await owner.wait_for(1, timeout_s=DELIVERY_S)
    mine, *named = await probe.came_over(bob, owner)
    probe.control("opens", mine)
    probe.control("accepted", sent)
    probe.control("arrived", mine, *named, ids=[probe.id_of(sent)])
    probe.claim("closed_or_refused", theirs)


FRAMES: dict[str, tuple[str | bytes, list[int]]] = {
    "not JSON": ("this is no JSON", [1007, 1003, 1008]),
    "binary": (b"\x00\x01\x02", [1003, 1007, 1008]),
    "over 1 MB": ("x" * 1_100_000, [1009]),
}


@requirement("AINP-WSK-003")
@pytest.mark.parametrize("name", FRAMES)
async def test_a_senseless_frame_gets_a_close_code(probe: Probe, name: str) -> None:
    frame, codes = FRAMES[name]
    bob = await probe.registered("bob", "sends nonsense")
    socket = await probe.open_websocket(bob)
    await socket.send(frame)
    await socket.wait_closed(timeout_s=5)
    closed = await probe.close_websocket(socket)
    probe.control("opens", closed)
    probe.claim("closed_or_refused", closed, codes=codes)
    again = await probe.open_websocket(bob)
    probe.control("opens", await probe.close_websocket(again))


@requirement("AINP-WSK-003")
async def test_a_connection_without_a_did_is_refused(probe: Probe) -> None:
    socket = await probe.open_websocket_without_did()
    await socket.wait_closed(timeout_s=2)
    probe.claim("closed_or_refused", await probe.close_websocket(socket), codes=[1008])
    bob = await probe.registered("bob", "has a DID")
    probe.control("opens", await probe.close_websocket(await probe.open_websocket(bob)))


@pytest.mark.depth("standard")
@pytest.mark.long_wait
@requirement("AINP-WSK-004")
async def test_an_idle_connection_lives(probe: Probe) -> None:
    """A ping, then nothing of ours for 65 s; another ping, and a message comes."""
    alice, bob = probe.agent("alice"), await probe.registered("bob", "listens and says nothing")
    socket = await probe.open_websocket(bob)
    await socket.ping(timeout_s=PONG_S)
    await socket.wait_closed(timeout_s=IDLE_S)
    await socket.ping(timeout_s=PONG_S)
    sent = await probe.send(alice.intent(bob), alice)
    await socket.wait_for(1, timeout_s=DELIVERY_S)
    closed, *named = await probe.came_over(bob, socket)
    probe.control("opens", closed)
    probe.control("accepted", sent)
    probe.claim("survives_idleness", closed)
    probe.claim("received", closed, *named, ids=[probe.id_of(sent)])


@requirement("AINP-WSK-005")
async def test_a_reconnection_loses_and_repeats_nothing(probe: Probe) -> None:
    """Two messages, the first confirmed; after reconnecting the second comes again and the first does not."""
    alice, bob = probe.agent("alice"), await probe.registered("bob", "drops its connection")
    socket = await probe.open_websocket(bob)
    first, second = alice.intent(bob), alice.intent(bob)
    probe.control("accepted", await probe.send(first, alice))
    await socket.wait_for(1, timeout_s=DELIVERY_S)
    await socket.send(probe.confirm_frame(socket))
    await socket.wait_for(2, timeout_s=DELIVERY_S)
    probe.control("accepted", await probe.send(second, alice))
    await socket.wait_for(3, timeout_s=DELIVERY_S)
    dropped = await probe.close_websocket(socket)
    probe.control("received", dropped, ids=[first["id"], second["id"]], requirement="AINP-WSK-001")
    third = alice.intent(bob)
    probe.control("accepted", await probe.send(third, alice))
    again = await probe.open_websocket(bob)
    await again.wait_for(2, timeout_s=DELIVERY_S)
    back = await probe.close_websocket(again)
    probe.claim("received", back, ids=[second["id"], third["id"]])
    probe.claim("not_received", back, ids=[first["id"]], after=third["id"])


@requirement("AINP-WSK-006")
async def test_a_second_connection_is_defined(probe: Probe) -> None:
    alice, bob = probe.agent("alice"), await probe.registered("bob", "connects twice")
    first, second = await probe.open_websocket(bob), await probe.open_websocket(bob)
    intent = alice.intent(bob)
    probe.control("accepted", await probe.send(intent, alice))
    await second.wait_for(1, timeout_s=DELIVERY_S)
    await first.wait_closed(timeout_s=0.5)
    closed = await probe.came_over(bob, first, second)
    probe.claim("second_connection_defined", *closed, id=intent["id"])
