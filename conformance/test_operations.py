"""Operations: services as promised, a schema that migrates, a backup that can be restored, a broker that ends in good order."""

from __future__ import annotations

import asyncio
import time

import pytest

from conformance.kit import questions
from conformance.kit.probe import Probe, requirement

SCHEMA_VERSION, EXTENSION = "0.1.1", "vector"
"""Deployment summary, database configuration."""

WEEK_S = 7 * 24 * 3_600

POLL_S, BODY_S = 3.0, 5.0
"""A poll that waits, and a body that takes its time: both are under way when the broker is told to stop."""

LONGEST_BODY_S = 55.0
"""Within the 60 s that a drain may take."""

HEAD_START_S = 0.7


@pytest.mark.fault
@requirement("AINP-OPS-004")
async def test_migrating_again_changes_nothing(probe: Probe) -> None:
    probe.claim("schema_is", await probe.database(questions.schema_version), version=SCHEMA_VERSION, extension=EXTENSION)
    before = await probe.database(questions.snapshot)
    began = time.monotonic()
    migrated = await probe.command("migrate")
    after = await probe.database(questions.snapshot)
    await asyncio.sleep(time.monotonic() - began)  # as long as the act took: a table that lives by itself is seen to do so
    probe.claim("command_succeeded", migrated)
    probe.claim("changed_nothing", before, after, await probe.database(questions.snapshot))
    probe.claim("schema_is", await probe.database(questions.schema_version), version=SCHEMA_VERSION, extension=EXTENSION)


@requirement("AINP-OPS-007")
async def test_the_stream_keeps_what_was_sent(probe: Probe) -> None:
    """ERRATUM-16: the stream has another name in the field; storage and retention are the same."""
    alice, bob = probe.agent("alice"), await probe.registered("bob")
    message = alice.intent(bob)
    probe.control("accepted", await probe.send(message, alice))
    streams = await probe.stream(questions.streams_with, message["id"])
    keeps = {"expectation": "keeps_intents", "storage": "file", "max_age_s": WEEK_S}
    readings = {name: {**keeps, "stream": name} for name in ("ainp-intents", "AINP_INTENTS")}
    probe.claim("follows_reading", streams, erratum="ERRATUM-16", readings=readings)
    polls = await probe.drain(bob, until=message["id"])
    probe.control("arrived", *polls, ids=[message["id"]], requirement="AINP-INT-002")


@requirement("AINP-OPS-009")
async def test_the_services_are_as_promised(probe: Probe) -> None:
    probe.claim("postgres_is", await probe.database(questions.postgres), major=16, extension=EXTENSION)
    probe.claim("redis_is", await probe.cache(questions.redis_info), major=7, policy="allkeys-lru")
    probe.claim("nats_is", await probe.stream(questions.nats_info), version=[2, 10])


@pytest.mark.fault
@pytest.mark.depth("standard")
@requirement("AINP-OPS-010")
async def test_a_backup_can_be_restored(probe: Probe) -> None:
    """Restored into an empty database beside, every table holds what it held."""
    await probe.registered("somebody")
    before = await probe.database(questions.snapshot)
    probe.claim("command_succeeded", await probe.command("backup", label=probe.token))
    after = await probe.database(questions.snapshot)
    async with probe.database_beside() as beside:
        probe.claim("command_succeeded", await probe.command("restore", label=probe.token, database=beside))
        probe.claim("restored", before, after, await probe.database(questions.snapshot, of=beside))


@pytest.mark.fault
@pytest.mark.depth("standard")
@requirement("AINP-OPS-002")
async def test_requests_under_way_finish_when_the_broker_is_told_to_stop(probe: Probe) -> None:
    await _drains(probe, BODY_S)


@pytest.mark.fault
@pytest.mark.depth("full")
@requirement("AINP-OPS-002")
async def test_a_request_of_nearly_a_minute_finishes(probe: Probe) -> None:
    await _drains(probe, LONGEST_BODY_S)


async def _drains(probe: Probe, body_s: float) -> None:
    """A long poll, where polls can wait, and a slow sender are under way; both are answered, and what was taken so late is delivered."""
    alice, bob, waiting = probe.agent("alice"), await probe.registered("bob"), await probe.registered("waiting")
    message = alice.intent(bob, "slowly " + "x" * 4_000)
    slow = [asyncio.create_task(probe.send(message, alice, over_s=body_s))]
    if probe.takes("poll", "wait_ms"):
        slow.append(asyncio.create_task(probe.poll(waiting, wait_ms=round(POLL_S * 1000))))
    await asyncio.sleep(HEAD_START_S)
    async with probe.draining() as stopping:
        under_way = await asyncio.gather(*slow)
    probe.claim("finished", *under_way, told_ms=stopping.result().began_ms)
    polls = await probe.drain(bob, until=message["id"])
    probe.claim("received", *polls, ids=[message["id"]])
