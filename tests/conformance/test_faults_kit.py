"""Faults as probes make them: always put right again, readiness waited for, and what is seen inside recorded without secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.faults import Fault
from ainp_harness.evidence.recorder import Recorder, Redactor
from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.shipped import Promises
from ainp_harness.targets import UrlTarget
from ainp_harness.targets.channel import VARIABLE, serve_control
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import FailureKind
from conformance.kit import faults
from conformance.kit.driver import Shared
from conformance.kit.pacing import Pacer
from conformance.kit.probe import Broken, Probe, requirement
from conformance.kit.reach import Facts, NoControl, Reach
from conformance.kit.transport import Transport
from tests.conformance.test_attempts import PLAN
from tests.targets.test_channel import Held
from tests.wire.broker_stub import broker, says

READY = says(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")


class Pretended(Reach):
    """A reach that remembers what it was asked for."""

    def __init__(self, facts: Facts | None = None, refuses: str = "") -> None:
        super().__init__(facts=facts)
        self.done: list[str] = []
        self.refuses = refuses

    async def act(self, action: str, role: str, *, probe: str, attempt: int, **how: Any) -> Fault:
        if action == self.refuses:
            raise NoControl(f"{action} cannot be done")
        self.done.append(f"{action} {role}")
        return Fault(f"f{len(self.done)}", probe, attempt, role, action, 1.0, 2.0, True)


@asynccontextmanager
async def made(folder: Path, reach: Reach, redactor: Redactor | None = None) -> AsyncIterator[Probe]:
    """A probe against a broker that is always ready."""
    pacer = Pacer(per_did=100, per_ip=100, window_s=60, addresses=[None], announce=lambda message: None)
    recorder = Recorder(folder, "c0", redactor or Redactor())
    async with broker(READY) as (url, _):
        transport = Transport(load_binding("v1"), recorder, pacer, lambda *_where: Client(url), None)
        yield Probe(Shared(PLAN, transport, Promises.shipped("phase-0.3"), reach=reach), "test_x.py::test_x")
        await transport.close()
    recorder.close()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(faults, "EVERY_S", 0.0)
    yield


async def test_a_stopped_service_is_started_again_and_ready_is_waited_for(tmp_path: Path, no_waiting: None) -> None:
    reach = Pretended()
    async with made(tmp_path, reach) as probe:
        async with probe.stopped("redis") as fault:
            assert reach.done == ["stop redis"]
        assert reach.done == ["stop redis", "start redis"]
        assert [exchange.response.status for exchange in fault.asked_after if exchange.response] == [200] * faults.STEADY


@pytest.mark.parametrize("error", [Broken("x"), KeyError("x"), asyncio.CancelledError(), KeyboardInterrupt()])
async def test_it_is_put_right_whatever_happens_in_the_block(tmp_path: Path, no_waiting: None, error: BaseException) -> None:
    reach = Pretended()
    async with made(tmp_path, reach) as probe:
        with pytest.raises(type(error)):
            async with probe.paused("nats"):
                raise error
        assert reach.done == ["pause nats", "resume nats"]


async def test_a_fault_that_failed_halfway_is_repaired_too(tmp_path: Path, no_waiting: None) -> None:
    reach = Pretended(refuses="kill")
    async with made(tmp_path, reach) as probe:
        with pytest.raises(NoControl):
            await probe.restart("broker", kill=True)
        assert reach.done == ["start broker"]


async def test_without_control_a_probe_shows_nothing(tmp_path: Path, no_waiting: None) -> None:
    @requirement("AINP-RPL-008")
    async def test(probe: Probe) -> None:
        await probe.restart("redis")

    async with made(tmp_path, Reach()) as probe:
        with pytest.raises(NoControl, match="no control"):
            await test(probe=probe)
    (run,) = Bundle(tmp_path).probe_runs
    assert (run.outcome, "could not be steered" in run.message) == ("error", True)


async def test_the_log_is_read_from_the_mark_and_its_secrets_are_counted_and_taken_out(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("before, opensesame\n")
    facts = Facts(logs={"broker": log, "redis": tmp_path / "redis.log"}, secrets={"NATS_URL": "opensesame"})
    async with made(tmp_path, Pretended(facts), Redactor().also(facts.secrets.values())) as probe:
        probe.mark_logs()
        with log.open("a") as out:
            out.write("bad signature of did:key:a\nconnecting to nats://opensesame@x\n")
        exchange = await probe.logs(until=["did:key:a"])
    assert exchange.response is not None
    assert exchange.response.body.json() == {
        "lines": ["bad signature of did:key:a", "connecting to nats://[redacted]@x"], "secrets": {"NATS_URL": 1},
    }  # fmt: skip
    assert "opensesame" not in (tmp_path / "exchanges" / "c0.jsonl").read_text()


async def test_a_look_that_fails_is_our_own_failure(tmp_path: Path) -> None:
    async def fails() -> None:
        raise OSError("no way to the database")

    async with made(tmp_path, Pretended()) as probe:
        exchange = await probe.look("database", "q", fails)
    assert exchange.failure is not None
    assert (exchange.kind, exchange.failure.kind) == ("database", FailureKind.LOCAL)


async def test_a_real_channel_is_reached_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    with serve_control(held, tmp_path) as channel:
        assert channel is not None
        monkeypatch.setenv(VARIABLE, str(channel.path))
        reach = await Reach.connect()
        assert reach.facts.roles == ("broker", "postgres", "redis", "nats")
        fault = await reach.act("stop", "redis", probe="p", attempt=1)
        assert (fault.action, fault.ok) == ("stop", True)
        assert (await reach.run("migrate", label="a")).code == 0
        with pytest.raises(NoControl, match="nobody"):
            await reach.act("stop", "nobody", probe="p", attempt=1)
        await reach.close()
    assert held.control.done == [("stop", "redis"), ("start", "redis")]


async def test_where_no_channel_is_named_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert (await Reach.connect()).facts == Facts()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone"))
    with pytest.raises(NoControl, match="nobody answers"):
        await Reach.connect()
    assert UrlTarget("http://127.0.0.1:9").control is None
