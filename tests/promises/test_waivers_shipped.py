"""The shipped waiver: the WebSocket on Railway, and HTTP polling required and probed in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ainp_harness.promises.requirements import load_requirements
from ainp_harness.promises.toml_files import PromiseError
from ainp_harness.promises.waivers import load_waivers, shipped_waivers
from conformance.kit.coverage import coverage

REQUIREMENTS = load_requirements()
IN_ITS_PLACE = ("AINP-QUE-003", "AINP-QUE-004", "AINP-INT-001", "AINP-INT-002")


def test_the_railway_waiver_is_about_the_websocket_alone() -> None:
    (waiver,) = load_waivers(Path("railway"), REQUIREMENTS)

    assert shipped_waivers() == ["railway"]
    assert waiver.scope == "railway"
    assert set(waiver.requirements) == {identifier for identifier in REQUIREMENTS if identifier.startswith("AINP-WSK-")}


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(PromiseError, match="shipped are railway"):
        load_waivers(Path("heroku"), REQUIREMENTS)


@pytest.mark.parametrize("identifier", IN_ITS_PLACE)
def test_polling_is_required_and_probed_in_its_place(identifier: str) -> None:
    (waiver,) = load_waivers(Path("railway"), REQUIREMENTS)
    requirement, shown = REQUIREMENTS[identifier], coverage()[identifier]

    assert identifier not in waiver.requirements
    assert requirement.level == "MUST"
    assert "phase-0.3" in requirement.profiles
    assert any("websocket" not in probe.name for probe in shown.probes)
