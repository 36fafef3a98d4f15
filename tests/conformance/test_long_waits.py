"""Probes with long waits begin with the session and are collected at its end: same evidence, same attempts, same message."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from conformance.kit.probe import Broken, Probe, requirement
from tests.conformance.test_attempts import answered, outcomes, probe  # noqa: F401  # the fixture


async def test_a_probe_that_was_begun_is_waited_for_and_not_run_again(probe: Probe, tmp_path: Path) -> None:  # noqa: F811
    @requirement("AINP-HLT-001")
    async def waits(probe: Probe) -> None:
        await asyncio.sleep(0.01)
        probe.claim("answers", answered(probe, 200), statuses=[200], json=False)

    probe.shared.begun[probe.id] = asyncio.create_task(waits(probe=Probe(probe.shared, probe.id)))
    await waits(probe=probe)

    assert outcomes(tmp_path) == [(1, "completed")]


async def test_what_breaks_in_the_background_breaks_its_own_item(probe: Probe, tmp_path: Path) -> None:  # noqa: F811
    @requirement("AINP-HLT-001")
    async def waits(probe: Probe) -> None:
        await asyncio.sleep(0)
        probe.claim("answers", answered(probe, 500), statuses=[200], json=False)

    probe.shared.begun[probe.id] = asyncio.create_task(waits(probe=Probe(probe.shared, probe.id)))
    await asyncio.sleep(0.05)

    with pytest.raises(Broken, match="3 of 3 attempts failed"):
        await waits(probe=probe)
    assert outcomes(tmp_path) == [(1, "broken"), (2, "broken"), (3, "broken")]


async def test_what_is_left_out_in_the_background_is_skipped(probe: Probe) -> None:  # noqa: F811
    @requirement("AINP-HLT-001")
    async def waits(probe: Probe) -> None:
        await probe.call("mark_read", {})

    probe.shared.begun[probe.id] = asyncio.create_task(waits(probe=Probe(probe.shared, probe.id)))
    with pytest.raises(pytest.skip.Exception, match="does not offer mark_read"):
        await waits(probe=probe)
