"""Before a run is sealed: a compressed profile is only for a broker that runs with its constants."""

from __future__ import annotations

from pathlib import Path

import pytest

from ainp_harness.evidence.plan import Declared
from ainp_harness.promises.profiles import load_profile
from conformance.kit.planning import OtherConstants, _same_constants

COMPRESSED = load_profile(str(Path(__file__).parents[1] / "profiles" / "phase-0.3-compressed.toml"))
ITS_OWN = COMPRESSED.constants.model_dump()


def test_a_broker_with_its_constants_can_be_judged() -> None:
    _same_constants(COMPRESSED, Declared(source="capabilities", constants=ITS_OWN))


@pytest.mark.parametrize(
    "declared",
    [
        Declared(source="capabilities", constants={**ITS_OWN, "skew_s": 60}),
        Declared(source="capabilities"),  # it tells nothing, so it has those of the protocol
        None,
    ],
    ids=["others", "tells nothing", "declares nothing"],
)
def test_a_broker_with_others_cannot(declared: Declared | None) -> None:
    with pytest.raises(OtherConstants, match="Start the broker with the profile's constants"):
        _same_constants(COMPRESSED, declared)
