"""Instances killed, paused, stopped and replaced under load, while the others serve."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ainp_harness.targets import SERVE, Child, clean_environment
from ainp_harness.targets.embedded import EmbeddedTarget
from ainp_harness.targets.processes import start, tail
from tests.faults.callers import calling
from tests.faults.checks import RECOVERS_S, Outage, assert_nothing_went_wrong, readiness
from tests.faults.conftest import SETTINGS
from tests.faults.traffic import traffic
from tests.reference_broker.agents import Agent
from tests.reference_broker.test_websocket import frame, open_socket

pytestmark = pytest.mark.faults

SEED = 20_261_124
KILLS = 5
STARTS_S = 60.0
ENDS_S = 15.0
INSTANCES = ("broker", "broker-2", "broker-3")


async def test_kill_9_at_any_moment_loses_nothing(trio: EmbeddedTarget) -> None:
    chance = random.Random(SEED)
    async with traffic(trio.base_urls, seed=SEED) as running:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            outage = Outage(trio, chance.choice(INSTANCES), "kill")
            await outage.begin()
            await asyncio.sleep(chance.uniform(0, 0.5))
            await outage.end()
    assert_nothing_went_wrong(running)


@pytest.mark.parametrize("how", ["stop", "pause"])
async def test_an_instance_goes_away_and_comes_back(trio: EmbeddedTarget, how: str) -> None:
    outage = Outage(trio, "broker-2", how)
    async with traffic(trio.base_urls, seed=SEED + 1) as running:
        await asyncio.sleep(1)
        await outage.begin()
        await asyncio.sleep(2)
        await outage.end()
        assert await readiness(trio.base_urls, set(), RECOVERS_S) < RECOVERS_S
    assert_nothing_went_wrong(running)


async def test_sigterm_fails_no_request(trio: EmbeddedTarget) -> None:
    """Those in flight are answered; where nobody listens any more, the next one is asked."""
    async with traffic(trio.base_urls, seed=SEED + 2) as running:
        for role in INSTANCES:
            await asyncio.sleep(1)
            outage = Outage(trio, role, "stop")
            await outage.begin()
            await outage.end()
    assert running.callers.unanswered() == []
    assert {answer.status for answer in running.callers.answers} == {200, 202, 204}
    assert_nothing_went_wrong(running)


async def test_two_instances_behind_one_port_swap_with_no_failed_request(trio: EmbeddedTarget, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as shared, serving(trio, shared, tmp_path / "old.log") as old:
        url = f"http://127.0.0.1:{shared.getsockname()[1]}"
        await started(tmp_path / "old.log")
        with serving(trio, shared, tmp_path / "new.log"):
            async with traffic([url], seed=SEED + 3) as running:
                await started(tmp_path / "new.log")
                await asyncio.sleep(1)
                old.ask_to_stop()
                assert await asyncio.to_thread(old.wait, ENDS_S) == 0
                await asyncio.sleep(1)
    assert running.callers.unanswered() == []
    assert {answer.status for answer in running.callers.answers} == {200, 202, 204}
    assert_nothing_went_wrong(running)


@contextmanager
def serving(trio: EmbeddedTarget, shared: socket.socket, log: Path) -> Iterator[Child]:
    """A further instance over the same services, which serves this socket."""
    urls = {"DATABASE_URL": trio.database_url, "REDIS_URL": trio.redis_url, "NATS_URL": trio.stream_url}
    settings = {**SETTINGS, **{name: str(url) for name, url in urls.items()}, "LISTEN_FD": str(shared.fileno())}
    child = start(SERVE, name="broker", env=clean_environment(settings), log=log, pass_fds=(shared.fileno(),))
    try:
        yield child
    finally:
        child.stop()


async def started(log: Path) -> None:
    """It says in its log when it listens: to ask it would be to ask either of the two."""
    async with asyncio.timeout(STARTS_S):
        while '"listening"' not in tail(log):  # noqa: ASYNC110  # another process writes it
            await asyncio.sleep(0.05)


async def test_what_a_poll_confirmed_does_not_come_by_push(trio: EmbeddedTarget) -> None:
    """A backlog is pushed ten a second by one instance, while another confirms it."""
    async with calling(trio.base_urls, SEED) as callers:
        alice, bob = callers.agent(), callers.agent()
        assert (await bob.register()).status_code == 201
        for _ in range(10):
            assert (await alice.send(bob.did)).status_code == 202
        elsewhere = Agent(callers.clients[trio.base_urls[1]], bob.identity, bob.address)
        async with open_socket(trio, bob) as pushed:
            await frame(pushed)
            waiting = await elsewhere.poll()
            assert (await elsewhere.confirm(*(message["delivery_id"] for message in waiting))).status_code == 204
            with pytest.raises(TimeoutError):
                for _ in range(6):  # a few may have been on their way
                    await frame(pushed, within_s=0.5)
