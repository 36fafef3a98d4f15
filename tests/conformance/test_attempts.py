"""A probe's attempts: what the broker breaks is tried again twice and stays broken; what is not shown, or is our own fault, is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ainp_harness.evidence.bundle import Bundle
from ainp_harness.evidence.plan import Plan, TargetInfo, ToolInfo
from ainp_harness.evidence.recorder import Recorder
from ainp_harness.promises.bindings import load_binding
from ainp_harness.promises.shipped import Promises
from ainp_harness.promises.vocabulary import Depth
from ainp_harness.wire.client import Client
from ainp_harness.wire.exchange import Body, Exchange, Request, Response
from conformance.kit.driver import Shared
from conformance.kit.pacing import Pacer
from conformance.kit.probe import Broken, NotShown, Probe, requirement
from conformance.kit.transport import Transport

PLAN = Plan(
    tool=ToolInfo(name="ainp-harness", version="0"), run_id="run", created_ms=0, target=TargetInfo(name="url", url="http://127.0.0.1:9"),
    reach=(), binding={}, binding_digest="", profile="phase-0.3", profile_digest="", requirements_digest="", depth=Depth.QUICK, seed="seed",
)  # fmt: skip


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    binding = load_binding("v1")
    pacer = Pacer(per_did=100, per_ip=100, window_s=60, addresses=[None], announce=lambda message: None)
    recorder = Recorder(tmp_path, "c0")
    transport = Transport(binding, recorder, pacer, lambda address, url: Client("http://127.0.0.1:9"), None)
    yield Probe(Shared(PLAN, transport, Promises.shipped("phase-0.3")), "test_x.py::test_x")
    recorder.close()


def answered(probe: Probe, status: int) -> Exchange:
    """A health check that was answered so, as it would be recorded."""
    exchange = Exchange(
        probe.shared.transport.recorder.next_id(), "http", "health", Request("GET", "/health", {}, Body.keep(b"")),
        Response(status, {}, Body.keep(b"{}")), None, 0.0, 1.0, probe.id, probe.attempt,
    )  # fmt: skip
    return probe.shared.transport.recorder.record(exchange)


def outcomes(folder: Path) -> list[tuple[int, str | None]]:
    return [(run.attempt, run.outcome) for run in Bundle(folder).probe_runs]


def written(*statuses: int, role: str = "claim") -> Callable[..., Any]:
    """A probe whose n-th attempt meets the n-th status."""

    @requirement("AINP-HLT-001")
    async def test(probe: Probe) -> None:
        exchange = answered(probe, statuses[probe.attempt - 1])
        state = probe.claim if role == "claim" else probe.control
        state("answers", exchange, statuses=[200], json=False)

    return test


async def test_what_holds_is_tried_once(probe: Probe, tmp_path: Path) -> None:
    await written(200)(probe=probe)
    assert outcomes(tmp_path) == [(1, "completed")]


async def test_what_breaks_once_is_broken_though_it_holds_afterwards(probe: Probe, tmp_path: Path) -> None:
    with pytest.raises(Broken, match="1 of 3 attempts failed"):
        await written(500, 200, 200)(probe=probe)
    assert outcomes(tmp_path) == [(1, "broken"), (2, "completed"), (3, "completed")]


async def test_a_failed_control_is_not_tried_again(probe: Probe, tmp_path: Path) -> None:
    with pytest.raises(NotShown, match="control answers"):
        await written(500, 200, role="control")(probe=probe)
    assert outcomes(tmp_path) == [(1, "not_shown")]


async def test_a_fault_of_the_probe_is_no_attempt(probe: Probe, tmp_path: Path) -> None:
    @requirement("AINP-HLT-001")
    async def test(probe: Probe) -> None:
        raise KeyError("nothing")

    with pytest.raises(KeyError):
        await test(probe=probe)
    assert outcomes(tmp_path) == [(1, "error")]


async def test_what_the_broker_does_not_offer_is_left_out(probe: Probe, tmp_path: Path) -> None:
    @requirement("AINP-HLT-001")
    async def test(probe: Probe) -> None:
        await probe.call("mark_read", {})

    with pytest.raises(pytest.skip.Exception, match="does not offer mark_read"):
        await test(probe=probe)
    assert outcomes(tmp_path) == [(1, "left_out")]


async def test_each_attempt_has_agents_of_its_own(probe: Probe) -> None:
    met = []

    @requirement("AINP-HLT-001")
    async def test(probe: Probe) -> None:
        met.append(probe.agent("alice").did)
        probe.claim("answers", answered(probe, 500), statuses=[200], json=False)

    with pytest.raises(Broken):
        await test(probe=probe)
    assert len(set(met)) == 3
    assert Probe(probe.shared, probe.id).agent("alice").did == met[0]  # the same seed gives the same agent


async def test_a_core_probe_is_run_as_often_as_the_plan_says(probe: Probe, tmp_path: Path) -> None:
    await written(200, 200, 200, 200, 200)(probe=Probe(probe.shared, probe.id, repeats=5))
    assert outcomes(tmp_path) == [(number, "completed") for number in range(1, 6)]


async def test_one_broken_repeat_of_five_breaks_it(probe: Probe, tmp_path: Path) -> None:
    with pytest.raises(Broken, match="1 of 5 attempts failed"):
        await written(200, 200, 200, 500, 200)(probe=Probe(probe.shared, probe.id, repeats=5))
    assert [outcome for _, outcome in outcomes(tmp_path)].count("broken") == 1
