"""The broker's container: as whom it runs, and what its image holds."""

from __future__ import annotations

from conformance.kit.probe import Probe, requirement

UID = 1001
"""Deployment summary, application security."""


@requirement("AINP-SEC-008")
async def test_it_runs_without_privileges_and_its_image_holds_no_secrets(probe: Probe) -> None:
    probe.claim("runs_unprivileged", await probe.container(), uid=UID)
