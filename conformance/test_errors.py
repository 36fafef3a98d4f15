"""Errors: unknown paths and wrong methods are told as JSON. The shape of all other errors is an invariant over all traffic."""

from __future__ import annotations

from ainp_harness.wire.binding import Rendered
from conformance.kit.probe import Probe, requirement


@requirement("AINP-ERR-004")
async def test_an_unknown_path_is_404(probe: Probe) -> None:
    path = probe.shared.transport.binding.unknown_path
    if path is None:
        probe.leaves_out("an unknown path (the binding names none)")
    exchange = await probe.request("unknown", Rendered("GET", str(path), {}, b""))
    probe.claim("answers", exchange, statuses=[404])


@requirement("AINP-ERR-004")
async def test_a_wrong_method_is_405(probe: Probe) -> None:
    target = probe.shared.transport.binding.operations["send_intent"].path
    exchange = await probe.request("unknown", Rendered("PUT", target, {"content-type": "application/json"}, b"{}"))
    probe.claim("answers", exchange, statuses=[405])
